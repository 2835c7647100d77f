import type { ByteSource, ReadOptions } from '../format/bytes/source.js';
import { UsageError } from '../format/errors.js';
import { MemoryBudget } from '../format/model/budget.js';
import type { MappedArea, MappedSpace, MemoryMap } from '../format/model/memory-map.js';
import { PAGE_BYTES, vaddrOf, vpnOf } from '../format/model/page.js';
import { firstRunFrom } from '../format/model/page-runs.js';
import type { RunBlock } from '../format/model/page-table.js';
import type { AddressRange } from './address-spec.js';
import type { SearchPattern } from './search/pattern.js';
import { searchMemory, type Match, type SearchOptions } from './search/search.js';
import { columnsOf, firstAreaFrom, hasPage, type AreaColumns } from './space-areas.js';
import { checkRange } from './space-errors.js';
import { heldPieces, type HeldPiece } from './space-pieces.js';
import { planSpaceReads, type Backing } from './space-plan.js';
import { readPlanned } from './space-reads.js';
import { nextStretch, openWalk, type PageHolding, type SpaceWalk } from './space-walk.js';

export interface ReadMemoryOptions extends ReadOptions {
  /** Where to take pages from that the image leaves to a file; default: they are not in the image. */
  readonly backing?: Backing | undefined;
}

export interface ReadBytesOptions extends ReadMemoryOptions {
  /** Most that one read may allocate, in bytes. Default 1 GiB. */
  readonly budgetBytes?: number | undefined;
}

/** Pages of one mapping that are alike. */
export interface PageStretch {
  readonly vaddr: bigint;
  readonly nrPages: number;
  readonly state: Exclude<PageHolding, 'unmapped'>;
  /** Where the first page lies in the contents, in bytes; undefined unless it is held. */
  readonly offset: number | undefined;
  readonly area: MappedArea;
}

const DEFAULT_BUDGET_BYTES = 1024 * 1024 * 1024;
const WITHIN_PAGE = BigInt(PAGE_BYTES - 1);
const DONE = Promise.resolve();
const NO_OPTIONS: ReadMemoryOptions = {};
const ALL: AddressRange = { start: 0n, end: 1n << 64n };

/**
 * The memory of a task, to read from. Addresses are those of the task. It holds nothing that has to be closed: the contents
 * stay those of the image.
 *
 * A page that the image does not hold reads as zeros where that is what it means (anonymous memory), else as the file behind it,
 * if `backing` gives that, else not at all.
 */
export class Space implements MappedSpace {
  readonly pids: readonly number[];
  readonly comm: string;
  readonly areas: readonly MappedArea[];
  readonly #columns: AreaColumns;
  readonly #contents: ByteSource;
  /** This space alone. */
  readonly #map: MemoryMap;
  /** The mapping that was read from last: the next read is often in it, too. */
  #lastArea = 0;

  /** @param map  what the space is of */
  constructor({ pids, comm, areas }: MappedSpace, map: MemoryMap) {
    this.pids = pids;
    this.comm = comm;
    this.areas = areas;
    this.#columns = columnsOf(areas);
    this.#contents = map.contents;
    this.#map = { ...map, spaces: [this] };
  }

  /**
   * Fills `into` with the memory from `vaddr` on. What `into` holds after a failure is not defined.
   *
   * @throws {MemoryError} `NOT_MAPPED`, `NOT_IN_IMAGE` with the first address that cannot be read; before anything is read
   * @throws {UsageError} an address beyond 64 bits
   * @throws {FormatError} `TRUNCATED`; the reason of the signal
   */
  readInto(vaddr: bigint, into: Uint8Array, options: ReadMemoryOptions = NO_OPTIONS): Promise<void> {
    // most reads are done by now: they share one promise
    if (options.signal?.aborted !== true && this.#hasReadSync(vaddr, into)) return DONE;
    return this.#readParts(vaddr, into, options);
  }

  /**
   * Fills `into` without waiting, if the image holds all of it in one place, that place is known, and the contents can be
   * read at once. Otherwise `readInto` has to be asked, which can wait and tell what is wrong.
   *
   * @returns  whether `into` was filled; what it holds otherwise is not defined
   * @throws {IoError} `READ_FAILED`
   */
  readIntoSync(vaddr: bigint, into: Uint8Array): boolean {
    if (this.#contents.readSync === undefined || into.length === 0) return false;
    const address = Number(vaddr);
    // the few addresses above take the other way
    if (!(address >= 0 && address <= Number.MAX_SAFE_INTEGER)) return false;
    const vpn = Math.floor(address / PAGE_BYTES);
    const offset = this.#offsetOf(vpn, address - vpn * PAGE_BYTES, into.length);
    if (offset < 0) return false;
    return this.#contents.readSync(offset, into) === into.length;
  }

  /**
   * The memory `[vaddr, vaddr + length)`, as `readInto` reads it.
   *
   * @throws {FormatError} `OVER_BUDGET`, before anything is allocated
   */
  async read(vaddr: bigint, length: number, options: ReadBytesOptions = {}): Promise<Uint8Array> {
    if (!Number.isSafeInteger(length) || length < 0)
      throw new UsageError('BAD_ARGUMENT', { what: 'length', expected: '0 or more bytes', actual: length });
    checkRange(vaddr, BigInt(length));
    new MemoryBudget(options.budgetBytes ?? DEFAULT_BUDGET_BYTES).take(length, `${String(length)} bytes of memory`);
    const bytes = new Uint8Array(length);
    await this.readInto(vaddr, bytes, options);
    return bytes;
  }

  /** The mapping that has this address; undefined where nothing is mapped. */
  areaAt(vaddr: bigint): MappedArea | undefined {
    checkRange(vaddr, 1n);
    const vpn = vpnOf(vaddr);
    const index = firstAreaFrom(this.#columns, vpn);
    return hasPage(this.#columns, index, vpn) ? this.areas[index] : undefined;
  }

  /**
   * What is held and what is not, ascending, each stretch in one mapping; what no stretch has is not mapped. Neighbouring
   * stretches may be alike.
   *
   * @param range  whole pages: those that have any of it; default all
   */
  async *pages(range: AddressRange = ALL, options: ReadOptions = {}): AsyncGenerator<PageStretch> {
    const walk = this.walk(range);
    for (;;) {
      options.signal?.throwIfAborted();
      const step = nextStretch(walk);
      if (!(typeof step === 'boolean' ? step : await step)) return;
      const { vpn, nrPages, state, offset } = walk;
      const area = this.areas[walk.area];
      if (state === 'unmapped' || area === undefined) continue;
      yield { vaddr: vaddrOf(vpn), nrPages, state, offset: state === 'held' ? offset : undefined, area };
    }
  }

  /** The same as `pages` for loops that must not make an object a stretch, with what is not mapped; `nextStretch` steps. */
  walk(range: AddressRange = ALL): SpaceWalk {
    checkRange(range.start, range.end - range.start);
    return openWalk(this.areas, this.#columns, vpnOf(range.start), vpnOf(range.end + WITHIN_PAGE));
  }

  /** All contents that the image holds, ascending, in pieces of whole pages. Each step overwrites the bytes of the one before. */
  [Symbol.asyncIterator](): AsyncGenerator<HeldPiece> {
    return this.pieces();
  }

  /** The same of the pages that have any of a range, with a signal. @throws {FormatError} `TRUNCATED` */
  pieces(range: AddressRange = ALL, options: ReadOptions = {}): AsyncGenerator<HeldPiece> {
    return heldPieces(this.walk(range), this.#contents, options.signal);
  }

  /** Every place where a pattern matches, ascending. @throws as `searchMemory` */
  find(pattern: SearchPattern, options: SearchOptions = {}): AsyncGenerator<Match> {
    return searchMemory(this.#map, pattern, options);
  }

  /** Whether all was read; what went wrong is left to the other way, which tells it. */
  #hasReadSync(vaddr: bigint, into: Uint8Array): boolean {
    try {
      return this.readIntoSync(vaddr, into);
    } catch {
      // reading again fails again, and is waited for
      return false;
    }
  }

  async #readParts(vaddr: bigint, into: Uint8Array, { signal, backing }: ReadMemoryOptions): Promise<void> {
    signal?.throwIfAborted();
    checkRange(vaddr, BigInt(into.length));
    if (into.length === 0) return;
    const from = { vpn: vpnOf(vaddr), within: Number(vaddr & WITHIN_PAGE), length: into.length };
    const reads = await planSpaceReads(this.areas, this.#columns, this.#contents, from, backing);
    await readPlanned(reads, into, signal);
  }

  /** Where `length` bytes from byte `within` of page `vpn` on lie, if it is one place and known by now; else -1. */
  #offsetOf(vpn: number, within: number, length: number): number {
    if (!hasPage(this.#columns, this.#lastArea, vpn)) this.#lastArea = firstAreaFrom(this.#columns, vpn);
    if (!hasPage(this.#columns, this.#lastArea, vpn)) return -1;
    const block = this.areas[this.#lastArea]?.pages.block(vpn);
    if (block === undefined) return -1;
    if (!(block instanceof Promise)) return offsetIn(block, vpn, within, length);
    // asked again by the one who waits, who will be told of a failure
    block.catch(() => undefined);
    return -1;
  }
}

function offsetIn({ runs }: RunBlock, vpn: number, within: number, length: number): number {
  const run = firstRunFrom(runs, vpn);
  const runVpn = runs.vpn[run] ?? Infinity;
  const start = (vpn - runVpn) * PAGE_BYTES + within;
  if (runVpn > vpn || start + length > (runs.nrPages[run] ?? 0) * PAGE_BYTES) return -1;
  return (runs.offset[run] ?? 0) + start;
}

/** The address spaces of an image, in its order. */
export function openSpaces(map: MemoryMap): readonly Space[] {
  return map.spaces.map((space) => new Space(space, map));
}

/**
 * The address space of a task.
 *
 * @param pid  may be left out where there is one space only
 * @throws {UsageError} naming the pids where that leaves a choice, or none has this one
 */
export function spaceOf(spaces: readonly Space[], pid?: number): Space {
  const matching = pid === undefined ? spaces : spaces.filter(({ pids }) => pids.includes(pid));
  const [space] = matching;
  if (space !== undefined && matching.length === 1) return space;
  const known = spaces.map(({ pids }) => pids.join('=')).join(', ');
  if (known === '') throw new UsageError('BAD_ARGUMENT', { what: 'no task of the image has memory' });
  if (pid === undefined) {
    const what = `the image has ${String(spaces.length)} address spaces`;
    throw new UsageError('BAD_ARGUMENT', { what, expected: `a pid that tells which: ${known}` });
  }
  throw new UsageError('BAD_ARGUMENT', { what: 'pid', expected: `one of ${known}`, actual: pid });
}

import { MemoryError } from '../format/errors.js';
import { nextTurn } from '../format/bytes/turn.js';
import { PAGE_BYTES } from '../format/model/page.js';
import type { MappedArea } from '../format/model/memory-map.js';
import type { AddressRange } from './address-spec.js';
import type { ReadMemoryOptions, Space } from './space.js';

/** Memory that could be read. */
export interface ReadablePart {
  readonly vaddr: bigint;
  /** 1 MiB at most; overwritten by the next step. */
  readonly bytes: Uint8Array;
}

/** Memory that could not be read, all for one reason. */
export interface MissingPart {
  readonly vaddr: bigint;
  readonly end: bigint;
  /** Of its first byte. */
  readonly error: MemoryError;
  /** The mapping that has it; undefined where nothing is mapped. */
  readonly area: MappedArea | undefined;
}

export type MemoryPart = ReadablePart | MissingPart;

const PIECE_BYTES = 1024 * 1024;

export function isMissing(part: MemoryPart): part is MissingPart {
  return 'error' in part;
}

/** Reads, unless something there cannot be read: then that is returned. */
async function readOrMissing(
  space: Space,
  vaddr: bigint,
  into: Uint8Array,
  options: ReadMemoryOptions,
): Promise<MemoryError | undefined> {
  try {
    await space.readInto(vaddr, into, options);
    return undefined;
  } catch (error) {
    if (error instanceof MemoryError) return error;
    throw error;
  }
}

/** Where what cannot be read at `vaddr` ends: with the pages that are alike there, or where something is mapped again. */
async function missingEnd(space: Space, vaddr: bigint, limit: bigint): Promise<bigint> {
  let end = vaddr;
  let first: { readonly area: unknown; readonly state: string } | undefined;
  for await (const stretch of space.pages({ start: vaddr, end: limit })) {
    if (stretch.vaddr > end) return first === undefined ? stretch.vaddr : end;
    if (first && (stretch.area !== first.area || stretch.state !== first.state)) return end;
    first = stretch;
    end = stretch.vaddr + BigInt(stretch.nrPages * PAGE_BYTES);
    if (end >= limit) return limit;
  }
  return first === undefined ? limit : end;
}

/**
 * A range of memory from end to end in constant space: what can be read, and where and why the rest cannot.
 *
 * @throws what `readInto` throws, but for MemoryError
 */
export async function* memoryParts(
  space: Space,
  { start, end }: AddressRange,
  options: ReadMemoryOptions = {},
): AsyncGenerator<MemoryPart> {
  const all = end - start;
  const buffer = new Uint8Array(all < BigInt(PIECE_BYTES) ? Number(all) : PIECE_BYTES);
  for (let vaddr = start; vaddr < end;) {
    const left = end - vaddr;
    const piece = buffer.subarray(0, left < BigInt(buffer.length) ? Number(left) : buffer.length);
    const error = await readOrMissing(space, vaddr, piece, options);
    const bytes = error === undefined ? piece : piece.subarray(0, Number(error.vaddr - vaddr));
    if (error !== undefined && bytes.length > 0) await space.readInto(vaddr, bytes, options);
    if (bytes.length > 0) yield { vaddr, bytes };
    vaddr += BigInt(bytes.length);
    if (error === undefined) continue;
    vaddr = await missingEnd(space, error.vaddr, end);
    yield { vaddr: error.vaddr, end: vaddr, error, area: space.areaAt(error.vaddr) };
    await nextTurn();
    options.signal?.throwIfAborted();
  }
}

import { readExactly } from '../format/bytes/source.js';
import { PAGE_BYTES, vaddrOf, vpnOf } from '../format/model/page.js';
import { WHY_KERNEL, type Matches, type WhyParameters } from './why-kernel.js';
import { tasksOfSpaces, type TaskPieces } from './why-tasks.js';
import type { Crew } from '../format/bytes/crew.js';
import type { MemoryMap } from '../format/model/memory-map.js';
import type { Space } from './space.js';
import type { SpaceWalk } from './space-walk.js';
import type { AddressFacts } from './why.js';

/** An address in one of the spaces. */
export interface Place {
  readonly space: Space;
  readonly vaddr: bigint;
}

/** Places of one sort: how many, and the first of them. */
export interface Places {
  readonly count: number;
  readonly first: readonly Place[];
}

/** What else in an image has to do with an address. */
export interface AddressPlaces {
  /** Other addresses of the same page of the image. */
  readonly shownAt: Places;
  /** Pages of the image with the same contents; undefined where those of the page are not known. */
  readonly equalPages: Places | undefined;
  /** Words in the same address space that are the address. */
  readonly pointers: Places;
  /** Words there that are another address in its page. */
  readonly nearPointers: Places;
  readonly scannedBytes: number;
}

export interface PlacesOptions {
  /** Most places of each sort that are named. Default 8. */
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

const DEFAULT_LIMIT = 8;
const HALF_BITS = 32;

class PlaceList implements Places {
  count = 0;
  readonly first: Place[] = [];
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(space: Space | undefined, vaddr: bigint): void {
    this.count++;
    this.#name(space, vaddr);
  }

  /** Counts all matches, and names those that do not lie at `unnamedOffset` of the image. */
  addMatches({ count, at }: Matches, pieces: TaskPieces, spaces: readonly Space[], unnamedOffset?: number): void {
    this.count += count;
    let piece = 0;
    for (const position of at) {
      while ((pieces.at[piece + 1] ?? Infinity) <= position) piece++;
      const within = position - (pieces.at[piece] ?? 0);
      if ((pieces.offset[piece] ?? 0) + within === unnamedOffset) continue;
      this.#name(spaces[pieces.space], vaddrOf(pieces.vpn[piece] ?? 0) + BigInt(within));
    }
  }

  #name(space: Space | undefined, vaddr: bigint): void {
    if (space && this.first.length < this.#limit) this.first.push({ space, vaddr });
  }
}

async function parametersOf(
  map: MemoryMap,
  { vaddr, pageOffset }: AddressFacts,
  limit: number,
): Promise<WhyParameters> {
  const page = pageOffset === undefined ? undefined : new Uint8Array(PAGE_BYTES);
  if (page && pageOffset !== undefined) await readExactly(map.contents, pageOffset, page, 'page contents');
  const [low, high] = [Number(BigInt.asUintN(HALF_BITS, vaddr)), Number(vaddr >> BigInt(HALF_BITS))];
  // the page itself is among those that are like it
  return { page, wordBytes: map.format.wordBytes, low, high, limit: limit + 1 };
}

/** Collects the other addresses at which the same page of the image shows. */
function showsOf({ space: own, vaddr, pageOffset }: AddressFacts, spaces: readonly Space[], shownAt: PlaceList) {
  const ownVpn = vpnOf(vaddr);
  return (index: number, { vpn, nrPages, offset }: SpaceWalk): void => {
    if (pageOffset === undefined || pageOffset < offset || pageOffset >= offset + nrPages * PAGE_BYTES) return;
    const shown = vpn + (pageOffset - offset) / PAGE_BYTES;
    if (shown !== ownVpn || spaces[index] !== own) shownAt.add(spaces[index], vaddrOf(shown));
  };
}

function totalBytes(spaces: readonly Space[]): number {
  const pages = spaces.flatMap(({ areas }) => areas.map((area) => area.pages.totalPages));
  return pages.reduce((sum, count) => sum + count, 0) * PAGE_BYTES;
}

/**
 * Reads all memory that an image holds once, and finds what is like the page of an address, and what points there.
 *
 * @param spaces  all of the map
 * @throws {FormatError} `TRUNCATED`; the reason of the signal
 */
export async function findPlaces(
  map: MemoryMap,
  spaces: readonly Space[],
  facts: AddressFacts,
  crew: Crew,
  options: PlacesOptions = {},
): Promise<AddressPlaces> {
  const { limit = DEFAULT_LIMIT, signal, onProgress } = options;
  const list = (): PlaceList => new PlaceList(limit);
  const [shownAt, equalPages, pointers, nearPointers] = [list(), list(), list(), list()];
  const parameters = await parametersOf(map, facts, limit);
  const given: { readonly pieces: TaskPieces; readonly pages: number }[] = [];
  const onTask = (pieces: TaskPieces, pages: number): void => void given.push({ pieces, pages });
  // the same number in another space is another address
  const parametersIn = (index: number): WhyParameters =>
    spaces[index] === facts.space ? parameters : { ...parameters, wordBytes: 0 };
  const tasks = tasksOfSpaces(spaces, parametersIn, onTask, showsOf(facts, spaces, shownAt));
  const total = onProgress ? totalBytes(spaces) : 0;
  let scannedBytes = 0;
  for await (const found of crew.run(WHY_KERNEL, [map.contents], tasks, { signal })) {
    const task = given.shift();
    if (!task) continue;
    equalPages.addMatches(found.equalPages, task.pieces, spaces, facts.pageOffset);
    pointers.addMatches(found.exact, task.pieces, spaces);
    nearPointers.addMatches(found.near, task.pieces, spaces);
    scannedBytes += task.pages * PAGE_BYTES;
    onProgress?.(scannedBytes, total);
  }
  const found = { shownAt, pointers, nearPointers, scannedBytes };
  if (parameters.page === undefined) return { ...found, equalPages: undefined };
  // without the page itself, which was counted wherever it shows
  const count = equalPages.count - 1 - shownAt.count;
  return { ...found, equalPages: { count, first: equalPages.first } };
}

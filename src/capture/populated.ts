import { setImmediate as nextTurn } from 'node:timers/promises';
import { PAGE_BYTES } from '../format/model/page.js';
import { PAGE_CLASS, pageClasses } from './page-class.js';
import { BLOCK_PAGES, type Pagemap } from './pagemap.js';
import type { Mapping } from './smaps.js';

/** Mappings from here on (1 GiB) are searched before the freeze; smaller ones cost at most 2 ms to scan. */
export const GIANT_PAGES = 2 ** 18;
/** Blocks at each end of a giant mapping that are looked at first. */
const END_BLOCKS = 8;
/** How many blocks are read before the event loop has a turn: about 30 ms. */
const BLOCKS_PER_TURN = 512;
/** AddressSanitizer on x86_64 keeps the state of `address` at `address / 8 + 0x7fff8000`. */
const ASAN_SCALE = 8;
const ASAN_OFFSET_PAGES = 0x7fff8000 / PAGE_BYTES;

/** Numbers of blocks (`vpn / BLOCK_PAGES`) that hold pages of giant mappings. */
export type PopulatedBlocks = ReadonlySet<number>;

export function isGiant(mapping: Mapping): boolean {
  return mapping.endVpn - mapping.startVpn >= GIANT_PAGES;
}

function blockOf(vpn: number): number {
  return Math.floor(vpn / BLOCK_PAGES);
}

function* blocksBetween(startVpn: number, endVpn: number): Iterable<number> {
  const end = blockOf(endVpn - 1);
  for (let block = blockOf(startVpn); block <= end; block++) yield block;
}

function* shadowBlocks(mappings: readonly Mapping[]): Iterable<number> {
  for (const mapping of mappings) {
    if (isGiant(mapping)) continue;
    const shadow = (vpn: number): number => vpn / ASAN_SCALE + ASAN_OFFSET_PAGES;
    yield* blocksBetween(shadow(mapping.startVpn), shadow(mapping.endVpn));
  }
}

/** All blocks of a giant mapping, those first where pages are likely; some come twice. */
function* likelyFirst(giant: Mapping, mappings: readonly Mapping[]): Iterable<number> {
  const endPages = END_BLOCKS * BLOCK_PAGES;
  yield* blocksBetween(giant.startVpn, giant.startVpn + endPages);
  yield* blocksBetween(giant.endVpn - endPages, giant.endVpn);
  yield* shadowBlocks(mappings);
  yield* blocksBetween(giant.startVpn, giant.endVpn);
}

/** Reads pagemap block by block until as many pages are found as smaps counts. */
async function searchGiant(
  pagemap: Pagemap,
  giant: Mapping,
  order: Iterable<number>,
  populated: Set<number>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const expected = giant.anonymousPages + giant.swappedPages;
  const classes = pageClasses({ absent: 'zero', hasSwap: giant.swappedPages > 0 });
  const seen = new Set<number>();
  let found = 0;
  for (const block of order) {
    if (found >= expected) return;
    const start = Math.max(giant.startVpn, block * BLOCK_PAGES);
    const end = Math.min(giant.endVpn, (block + 1) * BLOCK_PAGES);
    if (start >= end || seen.has(block)) continue;
    seen.add(block);
    pagemap.scan(start, end, classes, (pageClass, _vpn, nrPages) => {
      populated.add(block);
      if (pageClass === PAGE_CLASS.counted) found += nrPages;
    });
    if (seen.size % BLOCKS_PER_TURN !== 0) continue;
    signal?.throwIfAborted();
    await nextTurn();
  }
}

/**
 * Finds out, while the process runs, where in its giant mappings there is anything, so that the freeze need not last as
 * long as a search of terabytes. The answer is a hint: it may be out of date, and must be checked by counts.
 *
 * @param mappings from smaps, with counts
 */
export async function locatePopulated(
  pagemap: Pagemap,
  mappings: readonly Mapping[],
  signal: AbortSignal | undefined,
): Promise<PopulatedBlocks> {
  const populated = new Set<number>();
  for (const giant of mappings) {
    if (!isGiant(giant) || giant.anonymousPages + giant.swappedPages === 0) continue;
    await searchGiant(pagemap, giant, likelyFirst(giant, mappings), populated, signal);
  }
  return populated;
}

/** The blocks and those beside them, which is where pages appear that were not there yet. */
export function withNeighbours(blocks: PopulatedBlocks): PopulatedBlocks {
  return new Set([...blocks].flatMap((block) => [block - 1, block, block + 1]));
}

/** The blocks inside a mapping as page ranges `[start, end)`, ascending. */
export function rangesWithin(mapping: Mapping, blocks: PopulatedBlocks): [startVpn: number, endVpn: number][] {
  return [...blocks]
    .filter((block) => (block + 1) * BLOCK_PAGES > mapping.startVpn && block * BLOCK_PAGES < mapping.endVpn)
    .sort((a, b) => a - b)
    .map((block) => [
      Math.max(mapping.startVpn, block * BLOCK_PAGES),
      Math.min(mapping.endVpn, (block + 1) * BLOCK_PAGES),
    ]);
}

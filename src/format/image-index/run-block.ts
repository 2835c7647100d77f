import { PAGE_BYTES } from '../model/page.js';
import type { PageRuns } from '../model/page-runs.js';
import { bytesOf, columnOf, indexDamaged } from './columns.js';

/** Most runs in a block of a page table: 80 KiB. */
export const BLOCK_RUNS = 4096;

const RUN_BYTES = 2 * Float64Array.BYTES_PER_ELEMENT + Uint32Array.BYTES_PER_ELEMENT;

/** Bytes of a block of so many runs. */
export function blockBytes(runs: number): number {
  return runs * RUN_BYTES;
}

/** The runs `[from, to)` of a table as bytes: the columns vpn, offset, nrPages one behind the other. */
export function encodeBlock(runs: PageRuns, from: number, to: number): Uint8Array {
  const bytes = new Uint8Array(blockBytes(to - from));
  let at = 0;
  for (const column of [runs.vpn, runs.offset, runs.nrPages]) {
    const part = bytesOf(column.subarray(from, to));
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * The inverse.
 *
 * @param endOffset  no contents lie behind it
 * @throws {FormatError} `INDEX_DAMAGED` for runs that no image has
 */
export function decodeBlock(bytes: Uint8Array, count: number, endOffset: number): PageRuns {
  const wide = count * Float64Array.BYTES_PER_ELEMENT;
  const vpn = columnOf(Float64Array, bytes.subarray(0, wide), count, 'page numbers');
  const offset = columnOf(Float64Array, bytes.subarray(wide, 2 * wide), count, 'offsets');
  const nrPages = columnOf(Uint32Array, bytes.subarray(2 * wide), count, 'page counts');
  let totalPages = 0;
  let nextVpn = 0;
  for (let run = 0; run < count; run++) {
    const first = vpn[run] ?? -1;
    const pages = nrPages[run] ?? 0;
    const from = offset[run] ?? -1;
    const isGood = Number.isInteger(first) && first >= nextVpn && pages > 0 && Number.isInteger(from) && from >= 0;
    if (!isGood || from + pages * PAGE_BYTES > endOffset) throw indexDamaged('a page run is impossible');
    nextVpn = first + pages;
    totalPages += pages;
  }
  return { count, totalPages, vpn, nrPages, offset };
}

import { readExactly, type ByteSource } from '../../format/bytes/source.js';
import { PAGE_BYTES } from '../../format/model/page.js';
import type { PageRuns } from '../../format/model/page-runs.js';
import { isZeroPage } from '../../format/model/zero-page.js';

/** Pages that one leaf speaks for: those from a multiple of this on. */
export const BLOCK_PAGES = 256;
const BITMAP_BYTES = BLOCK_PAGES / 8;
const WITHIN_PAGE = PAGE_BYTES - 1;

/**
 * Contents lie as far behind the start of a page as in the source and this more: the kernel copies slowly on some processors
 * where the two would be the same.
 */
const LEAD_BYTES = 512;

/** The pages of one block and the bitmap that says which they are, in memory that is used again. */
export interface Block {
  readonly bytes: Uint8Array;
  /** Where the first page is; the bitmap stands before it. */
  start: number;
  /** Pages that count. */
  nrPages: number;
}

export function openBlock(): Block {
  const bytes = new Uint8Array(LEAD_BYTES + PAGE_BYTES + BLOCK_PAGES * PAGE_BYTES);
  return { bytes, start: LEAD_BYTES, nrPages: 0 };
}

/** Bitmap and contents of a block that was read: what its leaf is made of. */
export function leafBytes({ bytes, start, nrPages }: Block): Uint8Array {
  return bytes.subarray(start - BITMAP_BYTES, start + nrPages * PAGE_BYTES);
}

/** A place in page runs: a run and the pages of it that are behind. */
export interface RunCursor {
  readonly runs: PageRuns;
  run: number;
  page: number;
}

/** The number of the block that the next page lies in. */
export function nextBlock({ runs, run, page }: RunCursor): number {
  return Math.floor(((runs.vpn[run] ?? 0) + page) / BLOCK_PAGES);
}

function mark({ bytes, start }: Block, vpn: number): void {
  const bit = vpn % BLOCK_PAGES;
  const at = start - BITMAP_BYTES + (bit >>> 3);
  bytes[at] = (bytes[at] ?? 0) | (1 << (bit & 7));
}

/** Reads all that `cursor` has of the block it stands in, and moves it behind that. @throws {FormatError} `TRUNCATED` */
export async function readBlock(block: Block, cursor: RunCursor, source: ByteSource): Promise<void> {
  const { runs } = cursor;
  const endVpn = (nextBlock(cursor) + 1) * BLOCK_PAGES;
  let offset = (runs.offset[cursor.run] ?? 0) + cursor.page * PAGE_BYTES;
  block.start = LEAD_BYTES + (offset & WITHIN_PAGE);
  block.nrPages = 0;
  block.bytes.fill(0, block.start - BITMAP_BYTES, block.start);
  let nrUnread = 0;
  while (cursor.run < runs.count) {
    const vpn = (runs.vpn[cursor.run] ?? 0) + cursor.page;
    if (vpn >= endVpn) break;
    const place = (runs.offset[cursor.run] ?? 0) + cursor.page * PAGE_BYTES;
    const nrPages = Math.min((runs.nrPages[cursor.run] ?? 0) - cursor.page, endVpn - vpn);
    // runs that lie behind each other in the source are read at once, whatever is between their addresses
    if (place !== offset + nrUnread * PAGE_BYTES) {
      await readPages(block, nrUnread, source, offset);
      offset = place;
      nrUnread = 0;
    }
    for (let i = 0; i < nrPages; i++) mark(block, vpn + i);
    nrUnread += nrPages;
    cursor.page += nrPages;
    if (cursor.page === runs.nrPages[cursor.run]) {
      cursor.run++;
      cursor.page = 0;
    }
  }
  await readPages(block, nrUnread, source, offset);
}

async function readPages(block: Block, nrPages: number, source: ByteSource, offset: number): Promise<void> {
  const at = block.start + block.nrPages * PAGE_BYTES;
  const into = block.bytes.subarray(at, at + nrPages * PAGE_BYTES);
  await readExactly(source, offset, into, 'page contents');
  block.nrPages += nrPages;
}

/** Takes pages that are all zero out of a block. */
export function dropZeroPages(block: Block): void {
  const { bytes, start, nrPages } = block;
  let page = 0;
  let kept = 0;
  for (let bit = 0; page < nrPages; bit++) {
    const at = start - BITMAP_BYTES + (bit >>> 3);
    const mask = 1 << (bit & 7);
    if (((bytes[at] ?? 0) & mask) === 0) continue;
    const from = start + page * PAGE_BYTES;
    page++;
    if (isZeroPage(bytes, from)) {
      bytes[at] = (bytes[at] ?? 0) & ~mask;
      continue;
    }
    const to = start + kept * PAGE_BYTES;
    if (to !== from) bytes.copyWithin(to, from, from + PAGE_BYTES);
    kept++;
  }
  block.nrPages = kept;
}

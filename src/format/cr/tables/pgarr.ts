import { u64 } from '../../layout/field.js';
import { layout } from '../../layout/layout.js';
import { count } from '../../layout/unit.js';
import { PAGE_BYTES } from '../../model/page.js';

/** Starts a chunk: `nr_pages` addresses, then as many pages; 0 ends the list of chunks. Source: spec/cr-stream.md 5.8. */
export const PGARR = layout('PGARR', [['nr_pages', u64, count, 'pages in this chunk, 0 at the end']]);

/** Most pages that a kernel puts into a chunk: 2048 on x86_64, 4096 on x86_32. */
export function chunkPages(wordBytes: 4 | 8): number {
  return (4 * PAGE_BYTES) / wordBytes;
}

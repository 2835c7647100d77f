import { equalRanges } from '../format/bytes/fast-bytes.js';
import { PAGE_BYTES } from '../format/model/page.js';
import { isZeroPage } from '../format/model/zero-page.js';

/** Instead of an offset or a position: this image does not hold the pages. */
export const NOT_HELD = -1;

/** Pages compared at once where everything wider differed. */
const MIDDLE_PAGES = 16;

/** Neighbouring pages whose contents are in memory on both sides; `at` is where the first begins in its buffer. */
export interface PagePairs {
  readonly before: Uint8Array;
  /** `NOT_HELD` where the other side is to be compared with zeros. */
  readonly beforeAt: number;
  readonly after: Uint8Array;
  readonly afterAt: number;
  readonly nrPages: number;
}

function markNonZero(bytes: Uint8Array, at: number, nrPages: number, marks: Uint8Array, markAt: number): boolean {
  let isAnyMarked = false;
  for (let page = 0; page < nrPages; page++) {
    if (isZeroPage(bytes, at + page * PAGE_BYTES)) continue;
    marks[markAt + page] = 1;
    isAnyMarked = true;
  }
  return isAnyMarked;
}

function narrower(nrPages: number): number {
  return nrPages > MIDDLE_PAGES ? MIDDLE_PAGES : 1;
}

/** Compares the pages `[firstPage, endPage)` at once, and in narrower steps where they differ. */
function markUnequal(pairs: PagePairs, firstPage: number, endPage: number, marks: Uint8Array, markAt: number): boolean {
  const { before, beforeAt, after, afterAt } = pairs;
  const skipBytes = firstPage * PAGE_BYTES;
  const nrPages = endPage - firstPage;
  if (equalRanges(before, beforeAt + skipBytes, after, afterAt + skipBytes, nrPages * PAGE_BYTES)) return false;
  if (nrPages === 1) {
    marks[markAt + firstPage] = 1;
    return true;
  }
  const step = narrower(nrPages);
  for (let page = firstPage; page < endPage; page += step)
    markUnequal(pairs, page, Math.min(page + step, endPage), marks, markAt);
  return true;
}

/**
 * Compares page by page: the one place where it is said what equal contents are.
 *
 * @param marks   set to 1 from `markAt` on, one for each page, where the page differs; left alone elsewhere
 * @returns whether any page differs
 */
export function markDifferent(pairs: PagePairs, marks: Uint8Array, markAt: number): boolean {
  const { before, beforeAt, after, afterAt, nrPages } = pairs;
  if (beforeAt === NOT_HELD) return markNonZero(after, afterAt, nrPages, marks, markAt);
  if (afterAt === NOT_HELD) return markNonZero(before, beforeAt, nrPages, marks, markAt);
  return markUnequal(pairs, 0, nrPages, marks, markAt);
}

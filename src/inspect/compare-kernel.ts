import { markDifferent } from './page-compare.js';
import type { Kernel } from '../format/bytes/crew.js';

/** Pages to compare, in pieces that lie in one stretch of either buffer, in columns of equal length. */
export interface ComparePieces {
  readonly nrPages: Uint32Array;
  /** Position of the first page in the buffer of each side; `NOT_HELD` for zeros. */
  readonly beforeAt: Int32Array;
  readonly afterAt: Int32Array;
}

const ALL_SAME = new Uint8Array(0);

function markPieces(
  pieces: ComparePieces,
  [before, after]: readonly [Uint8Array, Uint8Array],
  marks: Uint8Array,
): boolean {
  let isAnyMarked = false;
  let markAt = 0;
  for (let i = 0; i < pieces.nrPages.length; i++) {
    const [nrPages, beforeAt, afterAt] = [pieces.nrPages[i] ?? 0, pieces.beforeAt[i] ?? 0, pieces.afterAt[i] ?? 0];
    if (markDifferent({ before, beforeAt, after, afterAt, nrPages }, marks, markAt)) isAnyMarked = true;
    markAt += nrPages;
  }
  return isAnyMarked;
}

/** Compares pages; the result has one byte for each, 1 where it differs, and is empty where none does. */
export const COMPARE_PAGES: Kernel<ComparePieces, Uint8Array> = {
  name: 'compare-pages',
  run: (pieces, [before = ALL_SAME, after = ALL_SAME]) => {
    const marks = new Uint8Array(pieces.nrPages.reduce((sum, nrPages) => sum + nrPages, 0));
    return markPieces(pieces, [before, after], marks) ? marks : ALL_SAME;
  },
};

import { PAGEMAP } from '../page-class.js';
import { VERDICT, type Verdict } from './verdict.js';

/** Classes that see soft-dirty too stand for bits 55 to 63 of a pagemap entry. */
export const SOFT_DIRTY_SHIFT = 23;
/** Bit 55 in them. */
export const SOFT_DIRTY = 1;
const CLASSES = 512;

/** A page of those kinds is never the page that an earlier copy was made of, whatever its bit: it is read again. */
const OF_ANOTHER_KIND = PAGEMAP.FILE | PAGEMAP.GUARD | PAGEMAP.UFFD_WP;

function isOwnAnonymous(flags: number): boolean {
  if ((flags & OF_ANOTHER_KIND) !== 0) return false;
  // the zero page, and one shared since a fork, are present without being exclusive
  return (flags & PAGEMAP.PRESENT) === 0 || (flags & PAGEMAP.EXCLUSIVE) !== 0;
}

function judge(flags: number, isDirty: boolean, isExact: boolean): Verdict {
  if ((flags & (PAGEMAP.PRESENT | PAGEMAP.SWAPPED)) === 0) return VERDICT.absent;
  if (isDirty) return isExact ? VERDICT.compare : VERDICT.own;
  return isOwnAnonymous(flags) ? VERDICT.same : VERDICT.compare;
}

/**
 * What soft-dirty proves of a page of a private mapping, by bits 55 to 63 of its pagemap entry.
 *
 * @param isExact  whether the bytes of dirty pages are compared, too
 * Source: spec/proc.md 2, what an incremental capture must do.
 */
export function softDirtyVerdicts(isExact: boolean): Uint8Array {
  return Uint8Array.from({ length: CLASSES }, (_, bits) => judge(bits >> 1, (bits & SOFT_DIRTY) !== 0, isExact));
}

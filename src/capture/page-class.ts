/** Flag bits of a pagemap entry, in its top byte. Source: spec/proc.md 3. */
export const PAGEMAP = {
  PRESENT: 0x80,
  SWAPPED: 0x40,
  /** A page of a file or of shared memory. */
  FILE: 0x20,
  GUARD: 0x04,
  UFFD_WP: 0x02,
  EXCLUSIVE: 0x01,
} as const;

/** What becomes of a page. */
export const PAGE_CLASS = {
  /** Not there, or its content is that of the backing file. */
  absent: 0,
  /** Kept, and surely one of those that smaps counts. */
  counted: 1,
  /** Kept; whether smaps counts it is not known. */
  kept: 2,
  /** May be the zero page or a marker without content: kept if it has a byte that is not zero. */
  doubtful: 3,
} as const;

export type PageClass = (typeof PAGE_CLASS)[keyof typeof PAGE_CLASS];

/** What the pages of a mapping can be. */
export interface PageOrigin {
  /** What absent pages read as: zero in anonymous memory, or a file's content. */
  readonly absent: 'zero' | 'backing';
  /** Whether smaps counts swapped pages in the mapping. */
  readonly hasSwap: boolean;
}

function classify(flags: number, origin: PageOrigin): PageClass {
  const has = (bits: number): boolean => (flags & bits) !== 0;
  if (!has(PAGEMAP.PRESENT | PAGEMAP.SWAPPED)) return PAGE_CLASS.absent;
  // FILE in anonymous memory is the huge zero page
  if (has(PAGEMAP.FILE | PAGEMAP.GUARD)) return PAGE_CLASS.absent;
  if (has(PAGEMAP.EXCLUSIVE)) return PAGE_CLASS.counted;
  if (origin.absent === 'backing') return PAGE_CLASS.kept;
  // migration entries and markers of userfaultfd show as swapped too
  const isSwap = !has(PAGEMAP.PRESENT) && origin.hasSwap && !has(PAGEMAP.UFFD_WP);
  return isSwap ? PAGE_CLASS.counted : PAGE_CLASS.doubtful;
}

/** The class of a page by the top byte of its pagemap entry. */
export function pageClasses(origin: PageOrigin): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, flags) => classify(flags, origin));
}

import { rangesShown, rangesWithout, type PageRanges } from './page-ranges.js';
import type { PageRuns } from './page-runs.js';

/** Why memory is not in an image, with the number that streams have for it. */
export const UNCAPTURED_REASONS = {
  dontdump: 1,
  excluded: 2,
  unreadable: 3,
  kind: 4,
  deadline: 5,
  damaged: 6,
} as const;

export type UncapturedReason = keyof typeof UNCAPTURED_REASONS;

/** The same in words. */
export const UNCAPTURED_TEXTS: Readonly<Record<UncapturedReason, string>> = {
  dontdump: 'the process asked for it not to be dumped (MADV_DONTDUMP)',
  excluded: 'it was left out on request',
  unreadable: 'no captured process had the page mapped, and the shared object could not be read by itself',
  kind: 'memory of its kind is not captured',
  deadline: 'the time that the process may stand still was over',
  damaged: 'the image that this was saved from is damaged there',
};

/** All reasons. */
// the keys of a table are its type's
export const UNCAPTURED_REASON_NAMES = Object.keys(UNCAPTURED_REASONS) as readonly UncapturedReason[];

/**
 * Memory of which not all was captured: a page in these ranges that the image has no contents for is not zero, and not what
 * a file has there. It is not known.
 */
export interface Uncaptured {
  readonly ranges: PageRanges;
  readonly reason: UncapturedReason;
}

/** What a mapping shows of an object of which not all was captured, by address. */
export function uncapturedShown(
  object: Uncaptured | undefined,
  window: Parameters<typeof rangesShown>[1],
): Uncaptured | undefined {
  const ranges = object && rangesShown(object.ranges, window);
  return object && ranges && { ranges, reason: object.reason };
}

/** The pages that are not known: those of the ranges without contents here, and not left to a parent. */
export function unknownPages({ ranges }: Uncaptured, pages: PageRuns, parentPages: PageRanges | undefined): PageRanges {
  const absent = rangesWithout(ranges, pages);
  return parentPages ? rangesWithout(absent, parentPages) : absent;
}

import type { ByteSource } from '../../format/bytes/source.js';
import { PAGE_BYTES } from '../../format/model/page.js';
import { PageRunsBuilder, firstRunFrom, type PageRuns } from '../../format/model/page-runs.js';
import type { PageComparer } from './byte-compare.js';
import { divide, type EarlierPages } from './earlier-copy.js';
import { VERDICT, type TakeVerdict } from './verdict.js';

/** Where bytes are read from, and who compares them. */
export interface BothSides {
  readonly now: ByteSource;
  readonly then: ByteSource;
  readonly comparer: PageComparer;
}

/** Takes pages and their places: `nowOffset` of those that are there, `thenOffset` in the earlier copy, if it has them. */
export type TakeSorted = (vpn: number, nrPages: number, nowOffset: number, thenOffset: number | undefined) => void;

/** Takes the pages of one mapping or object, all of them once, ascending. */
export interface Sorted {
  /** The earlier copy has them as they are now. */
  readonly same: TakeSorted;
  /** It has them otherwise, or not at all. */
  readonly own: TakeSorted;
}

/** A run of pages of one verdict, in one run of what is there. */
interface JudgedRun {
  readonly verdict: number;
  readonly vpn: number;
  readonly nrPages: number;
  readonly nowOffset: number;
}

function judgedRuns(pages: PageRuns, judge: (take: TakeVerdict) => void): JudgedRun[] {
  const judged: JudgedRun[] = [];
  judge((verdict, vpn, nrPages) => {
    const run = firstRunFrom(pages, vpn);
    const nowOffset = (pages.offset[run] ?? 0) + (vpn - (pages.vpn[run] ?? 0)) * PAGE_BYTES;
    judged.push({ verdict, vpn, nrPages, nowOffset });
  });
  return judged;
}

/** A judged run, or a part of it, and where the earlier copy has it. */
interface OpenRun extends JudgedRun {
  readonly thenOffset: number | undefined;
}

function openRuns(judged: JudgedRun, earlier: EarlierPages): OpenRun[] {
  const found: OpenRun[] = [];
  const { verdict, vpn, nrPages, nowOffset } = judged;
  divide(verdict === VERDICT.same ? earlier.same : earlier.any, vpn, nrPages, (at, length, thenOffset) => {
    found.push({ verdict, vpn: at, nrPages: length, nowOffset: nowOffset + (at - vpn) * PAGE_BYTES, thenOffset });
  });
  return found;
}

/**
 * Finds out which pages an earlier copy has as they are now.
 *
 * @param judge  gives a verdict on each page of `pages`, each run of them within one of `pages`
 * @throws what reading and judging throw
 */
export async function sortPages(
  pages: PageRuns,
  judge: (take: TakeVerdict) => void,
  earlier: EarlierPages,
  { now, then, comparer }: BothSides,
  sorted: Sorted,
): Promise<void> {
  for (const judged of judgedRuns(pages, judge))
    for (const { verdict, vpn, nrPages, nowOffset, thenOffset } of openRuns(judged, earlier)) {
      if (thenOffset === undefined || verdict === VERDICT.own) sorted.own(vpn, nrPages, nowOffset, thenOffset);
      else if (verdict === VERDICT.same) sorted.same(vpn, nrPages, nowOffset, thenOffset);
      else
        await comparer.compare(now, then, { nrPages, nowOffset, thenOffset }, (isSame, first, length) => {
          const by = first * PAGE_BYTES;
          (isSame ? sorted.same : sorted.own)(vpn + first, length, nowOffset + by, thenOffset + by);
        });
    }
}

/** Collects what is sorted: own pages with their offsets now, and the same pages with those in the earlier copy. */
export class SortedRuns implements Sorted {
  readonly #same = new PageRunsBuilder();
  readonly #own = new PageRunsBuilder();

  readonly same: TakeSorted = (vpn, nrPages, _nowOffset, thenOffset) => {
    this.#same.add(vpn, nrPages, thenOffset ?? 0);
  };

  readonly own: TakeSorted = (vpn, nrPages, nowOffset) => {
    this.#own.add(vpn, nrPages, nowOffset);
  };

  /** What was collected since the last call. */
  take(): { readonly same: PageRuns; readonly own: PageRuns } {
    return { same: this.#same.take(), own: this.#own.take() };
  }
}

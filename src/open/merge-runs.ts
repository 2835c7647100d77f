import { PAGE_BYTES } from '../format/model/page.js';
import { NO_RANGES, PageRangesBuilder, type PageRanges } from '../format/model/page-ranges.js';
import { PageRunsBuilder, firstRunFrom, type PageRuns } from '../format/model/page-runs.js';

/** Pages of a layer and of those below it. */
export interface MergedRuns {
  readonly pages: PageRuns;
  /** Pages that were left to the parent and are not there. */
  readonly missing: PageRanges;
}

/** What of ranges other runs hold, page after page ascending: those are added, and what they lack is collected. */
class RangeFiller {
  readonly #parent: PageRuns;
  readonly #runs: PageRunsBuilder;
  readonly #missing: PageRangesBuilder;
  #run: number;

  constructor(parent: PageRuns, first: number, runs: PageRunsBuilder, missing: PageRangesBuilder) {
    this.#parent = parent;
    this.#runs = runs;
    this.#missing = missing;
    this.#run = firstRunFrom(parent, first);
  }

  add(start: number, nrPages: number): void {
    const { count, vpn, nrPages: lengths, offset } = this.#parent;
    const end = start + nrPages;
    for (let at = start; at < end;) {
      while (this.#run < count && (vpn[this.#run] ?? 0) + (lengths[this.#run] ?? 0) <= at) this.#run++;
      const first = this.#run < count ? (vpn[this.#run] ?? 0) : Infinity;
      if (first > at) {
        const hole = Math.min(first, end) - at;
        this.#missing.add(at, hole);
        at += hole;
      } else {
        const pages = Math.min(first + (lengths[this.#run] ?? 0), end) - at;
        this.#runs.add(at, pages, (offset[this.#run] ?? 0) + (at - first) * PAGE_BYTES);
        at += pages;
      }
    }
  }
}

/**
 * The pages of a layer, its own moved by `base` in the contents, and those that it leaves to its parent. Takes time by runs.
 *
 * @param left    none of them in `own`
 * @param parent  runs of the parent, already in place
 */
export function mergeRuns(own: PageRuns, left: PageRanges | undefined, parent: PageRuns, base: number): MergedRuns {
  const ranges = left ?? NO_RANGES;
  if (ranges.count === 0 && (base === 0 || own.count === 0)) return { pages: own, missing: NO_RANGES };
  const [runs, missing] = [new PageRunsBuilder(), new PageRangesBuilder()];
  const filler = new RangeFiller(parent, ranges.vpn[0] ?? 0, runs, missing);
  let next = 0;
  for (let run = 0; run < own.count; run++) {
    const start = own.vpn[run] ?? 0;
    for (; next < ranges.count && (ranges.vpn[next] ?? 0) < start; next++)
      filler.add(ranges.vpn[next] ?? 0, ranges.nrPages[next] ?? 0);
    runs.add(start, own.nrPages[run] ?? 0, (own.offset[run] ?? 0) + base);
  }
  for (; next < ranges.count; next++) filler.add(ranges.vpn[next] ?? 0, ranges.nrPages[next] ?? 0);
  return { pages: runs.take(), missing: missing.take() };
}

/** Runs with page numbers `by` higher. */
export function movedRuns(runs: PageRuns, by: number): PageRuns {
  return { ...runs, vpn: runs.vpn.map((vpn) => vpn + by) };
}

/** Runs of several lists, one behind the other. */
export function joinedRuns(lists: readonly PageRuns[]): PageRuns {
  const runs = new PageRunsBuilder();
  for (const { count, vpn, nrPages, offset } of lists)
    for (let run = 0; run < count; run++) runs.add(vpn[run] ?? 0, nrPages[run] ?? 0, offset[run] ?? 0);
  return runs.take();
}

import { firstRunFrom } from './page-runs.js';

/** Ranges of pages without contents of their own, in columns of equal length, ascending, neither overlapping nor touching. */
export interface PageRanges {
  readonly count: number;
  /** Pages in all ranges together. */
  readonly totalPages: number;
  /** First page number of each. */
  readonly vpn: Float64Array;
  readonly nrPages: Uint32Array;
}

export const NO_RANGES: PageRanges = {
  count: 0,
  totalPages: 0,
  vpn: new Float64Array(0),
  nrPages: new Uint32Array(0),
};

const FIRST_CAPACITY = 16;
const MAX_PAGES = 2 ** 32 - 1;

/** Collects ranges in ascending order and merges the touching ones. Columns grow by doubling. */
export class PageRangesBuilder {
  #vpn = new Float64Array(FIRST_CAPACITY);
  #nrPages = new Uint32Array(FIRST_CAPACITY);
  #count = 0;
  #totalPages = 0;

  /** Adds `nrPages` pages from `vpn` on, which lie behind all that were added before. */
  add(vpn: number, nrPages: number): void {
    for (let done = 0; done < nrPages; done += MAX_PAGES) this.#addOne(vpn + done, Math.min(nrPages - done, MAX_PAGES));
  }

  #addOne(vpn: number, nrPages: number): void {
    const last = this.#count - 1;
    const length = last < 0 ? 0 : (this.#nrPages[last] ?? 0);
    this.#totalPages += nrPages;
    if (last >= 0 && vpn === (this.#vpn[last] ?? 0) + length && length + nrPages <= MAX_PAGES) {
      this.#nrPages[last] = length + nrPages;
      return;
    }
    if (this.#count === this.#vpn.length) this.#grow();
    this.#vpn[this.#count] = vpn;
    this.#nrPages[this.#count] = nrPages;
    this.#count++;
  }

  /** What was collected since the last call; the builder is empty again. */
  take(): PageRanges {
    const [count, totalPages] = [this.#count, this.#totalPages];
    this.#count = 0;
    this.#totalPages = 0;
    if (count === 0) return NO_RANGES;
    return { count, totalPages, vpn: this.#vpn.slice(0, count), nrPages: this.#nrPages.slice(0, count) };
  }

  #grow(): void {
    const [vpn, nrPages] = [new Float64Array(2 * this.#count), new Uint32Array(2 * this.#count)];
    vpn.set(this.#vpn);
    nrPages.set(this.#nrPages);
    this.#vpn = vpn;
    this.#nrPages = nrPages;
  }
}

/** Columns of ranges; runs of pages have them too. */
type Ranges = Pick<PageRanges, 'count' | 'vpn' | 'nrPages'>;

/** Index of the first range that shares a page with one of the others; -1 if none does. */
export function firstOverlap(ranges: Ranges, others: Ranges): number {
  let other = 0;
  for (let i = 0; i < ranges.count; i++) {
    const start = ranges.vpn[i] ?? 0;
    while (other < others.count && (others.vpn[other] ?? 0) + (others.nrPages[other] ?? 0) <= start) other++;
    if (other < others.count && (others.vpn[other] ?? 0) < start + (ranges.nrPages[i] ?? 0)) return i;
  }
  return -1;
}

/** The pages of ranges that none of the others has. */
export function rangesWithout(ranges: Ranges, others: Ranges): PageRanges {
  const left = new PageRangesBuilder();
  let other = 0;
  for (let i = 0; i < ranges.count; i++) {
    let start = ranges.vpn[i] ?? 0;
    const end = start + (ranges.nrPages[i] ?? 0);
    while (other < others.count && (others.vpn[other] ?? 0) + (others.nrPages[other] ?? 0) <= start) other++;
    for (let next = other; next < others.count && (others.vpn[next] ?? 0) < end; next++) {
      const from = others.vpn[next] ?? 0;
      if (from > start) left.add(start, from - start);
      start = Math.max(start, from + (others.nrPages[next] ?? 0));
    }
    if (start < end) left.add(start, end - start);
  }
  return left.take();
}

/** What a mapping shows of ranges of an object, by the addresses that it gives them; undefined for nothing. */
export function rangesShown(
  object: PageRanges | undefined,
  { startVpn, endVpn, pgoff }: { readonly startVpn: number; readonly endVpn: number; readonly pgoff: number },
): PageRanges | undefined {
  const shown = new PageRangesBuilder();
  for (let i = 0; object && i < object.count; i++) {
    const index = object.vpn[i] ?? 0;
    const first = Math.max(index, pgoff);
    const end = Math.min(index + (object.nrPages[i] ?? 0), pgoff + endVpn - startVpn);
    if (end > first) shown.add(startVpn + first - pgoff, end - first);
  }
  const ranges = shown.take();
  return ranges.count === 0 ? undefined : ranges;
}

/** The same pages under other numbers, `by` higher. */
export function rangesMoved(ranges: PageRanges, by: number): PageRanges {
  return { ...ranges, vpn: ranges.vpn.map((vpn) => vpn + by) };
}

/** The pages that either has; undefined for none. */
export function rangesOfBoth(a: PageRanges | undefined, b: PageRanges | undefined): PageRanges | undefined {
  if (!a || !b) return a ?? b;
  const others = rangesWithout(b, a);
  const both = new PageRangesBuilder();
  for (let i = 0, j = 0; i < a.count || j < others.count;) {
    const isFromA = (a.vpn[i] ?? Infinity) < (others.vpn[j] ?? Infinity);
    const ranges = isFromA ? a : others;
    const at = isFromA ? i++ : j++;
    both.add(ranges.vpn[at] ?? 0, ranges.nrPages[at] ?? 0);
  }
  return both.take();
}

/** One range; no pages for none. */
export function oneRange(vpn: number, nrPages: number): PageRanges {
  const one = new PageRangesBuilder();
  if (nrPages > 0) one.add(vpn, nrPages);
  return one.take();
}

/** Whether one of the ranges has this page. */
export function hasPage(ranges: Ranges, page: number): boolean {
  return (ranges.vpn[firstRunFrom(ranges, page)] ?? Infinity) <= page;
}

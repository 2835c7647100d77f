import type { MemoryBudget } from './budget.js';
import { PAGE_BYTES } from './page.js';

/**
 * Pages whose contents an image holds, as runs of neighbours, in columns of equal length and in ascending `vpn`.
 * Runs neither overlap nor touch both in address and in place.
 */
export interface PageRuns {
  /** Number of runs. */
  readonly count: number;
  /** Pages in all runs together. */
  readonly totalPages: number;
  /** First page number of each run. */
  readonly vpn: Float64Array;
  /** Pages in each run. */
  readonly nrPages: Uint32Array;
  /** Where the first page of each run lies in the contents, in bytes; the others follow it. */
  readonly offset: Float64Array;
}

const BYTES_PER_RUN = 8 + 4 + 8;
const FIRST_CAPACITY = 16;

export const NO_PAGES: PageRuns = {
  count: 0,
  totalPages: 0,
  vpn: new Float64Array(0),
  nrPages: new Uint32Array(0),
  offset: new Float64Array(0),
};

/** Collects runs in ascending order and merges the touching ones. Columns grow by doubling. */
export class PageRunsBuilder {
  #vpn = new Float64Array(FIRST_CAPACITY);
  #nrPages = new Uint32Array(FIRST_CAPACITY);
  #offset = new Float64Array(FIRST_CAPACITY);
  #count = 0;
  #totalPages = 0;
  readonly #budget: MemoryBudget | undefined;

  constructor(budget?: MemoryBudget) {
    this.#budget = budget;
  }

  /** Adds `nrPages` pages from `vpn` on, whose contents lie at `offset`. */
  add(vpn: number, nrPages: number, offset: number): void {
    const last = this.#count - 1;
    this.#totalPages += nrPages;
    if (last >= 0) {
      const length = this.#nrPages[last] ?? 0;
      const isNext = vpn === (this.#vpn[last] ?? 0) + length;
      if (isNext && offset === (this.#offset[last] ?? 0) + length * PAGE_BYTES) {
        this.#nrPages[last] = length + nrPages;
        return;
      }
    }
    if (this.#count === this.#vpn.length) this.#grow();
    this.#vpn[this.#count] = vpn;
    this.#nrPages[this.#count] = nrPages;
    this.#offset[this.#count] = offset;
    this.#count++;
  }

  /** What was collected since the last call; the builder is empty again. */
  take(): PageRuns {
    if (this.#count === 0) return NO_PAGES;
    const count = this.#count;
    const runs: PageRuns = {
      count,
      totalPages: this.#totalPages,
      vpn: this.#vpn.slice(0, count),
      nrPages: this.#nrPages.slice(0, count),
      offset: this.#offset.slice(0, count),
    };
    this.#budget?.take(count * BYTES_PER_RUN, 'the page runs');
    this.#count = 0;
    this.#totalPages = 0;
    return runs;
  }

  #grow(): void {
    const capacity = this.#vpn.length * 2;
    this.#budget?.take(this.#vpn.length * BYTES_PER_RUN, 'the page runs');
    this.#vpn = copyInto(new Float64Array(capacity), this.#vpn);
    this.#nrPages = copyInto(new Uint32Array(capacity), this.#nrPages);
    this.#offset = copyInto(new Float64Array(capacity), this.#offset);
  }
}

function copyInto<A extends Float64Array | Uint32Array>(larger: A, column: A): A {
  larger.set(column);
  return larger;
}

/** Index of the first run that ends behind page `vpn`; `runs.count` if there is none. */
export function firstRunFrom(runs: PageRuns, vpn: number): number {
  let low = 0;
  let high = runs.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((runs.vpn[middle] ?? 0) + (runs.nrPages[middle] ?? 0) <= vpn) low = middle + 1;
    else high = middle;
  }
  return low;
}

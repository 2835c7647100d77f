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
/** From so many runs on the columns are handed over as they are: what they have room for besides was never touched. */
const HAND_OVER_RUNS = 2 ** 20;

export const NO_PAGES: PageRuns = {
  count: 0,
  totalPages: 0,
  vpn: new Float64Array(0),
  nrPages: new Uint32Array(0),
  offset: new Float64Array(0),
};

/** Columns of a builder, of equal length. */
export interface Columns {
  /** Runs that are in them. */
  readonly count: number;
  readonly vpn: Float64Array;
  readonly nrPages: Uint32Array;
  readonly offset: Float64Array;
}

/** How much a builder has collected. */
export interface RunsMark {
  readonly count: number;
  readonly totalPages: number;
  /** Pages in the last run. */
  readonly lastPages: number;
}

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
    const count = this.#count;
    this.#totalPages += nrPages;
    if (count > 0) {
      const length = this.#nrPages[count - 1] ?? 0;
      const isNext = vpn === (this.#vpn[count - 1] ?? 0) + length;
      if (isNext && offset === (this.#offset[count - 1] ?? 0) + length * PAGE_BYTES) {
        this.#nrPages[count - 1] = length + nrPages;
        return;
      }
    }
    if (count === this.#vpn.length) this.#grow();
    this.#vpn[count] = vpn;
    this.#nrPages[count] = nrPages;
    this.#offset[count] = offset;
    this.#count = count + 1;
  }

  /** Runs that were collected. */
  get count(): number {
    return this.#count;
  }

  /** The columns, with room for so many runs behind the first `count`, to be written into; `fill` makes them count. */
  room(nrRuns: number): Columns {
    while (this.#count + nrRuns > this.#vpn.length) this.#grow();
    return { count: this.#count, vpn: this.#vpn, nrPages: this.#nrPages, offset: this.#offset };
  }

  /** Takes what was written into the columns, up to `count` runs, which no run before it touches, of so many pages. */
  fill(count: number, nrPages: number): void {
    this.#count = count;
    this.#totalPages += nrPages;
  }

  /** To undo what is added from here on. */
  mark(): RunsMark {
    const count = this.#count;
    return { count, totalPages: this.#totalPages, lastPages: count === 0 ? 0 : (this.#nrPages[count - 1] ?? 0) };
  }

  /** Forgets what was added since the mark, and not taken. */
  undo({ count, totalPages, lastPages }: RunsMark): void {
    this.#count = count;
    this.#totalPages = totalPages;
    if (count > 0) this.#nrPages[count - 1] = lastPages;
  }

  /** What was collected since the last call; the builder is empty again. */
  take(): PageRuns {
    if (this.#count === 0) return NO_PAGES;
    const { count, totalPages } = this.mark();
    const isHandedOver = count >= HAND_OVER_RUNS;
    if (!isHandedOver) this.#budget?.take(count * BYTES_PER_RUN, 'the page runs');
    const columnOf = <A extends Float64Array | Uint32Array>(column: A): A =>
      // part of a column, or a copy of it, is of its kind
      (isHandedOver ? column.subarray(0, count) : column.slice(0, count)) as A;
    const columns = {
      vpn: columnOf(this.#vpn),
      nrPages: columnOf(this.#nrPages),
      offset: columnOf(this.#offset),
    };
    if (isHandedOver) this.#resize(FIRST_CAPACITY);
    this.#count = 0;
    this.#totalPages = 0;
    return { count, totalPages, ...columns };
  }

  #grow(): void {
    this.#budget?.take(this.#vpn.length * BYTES_PER_RUN, 'the page runs');
    this.#resize(this.#vpn.length * 2);
  }

  /** Makes columns of this length, with as many of the runs as they have room for. */
  #resize(capacity: number): void {
    this.#vpn = copyInto(new Float64Array(capacity), this.#vpn);
    this.#nrPages = copyInto(new Uint32Array(capacity), this.#nrPages);
    this.#offset = copyInto(new Float64Array(capacity), this.#offset);
  }
}

function copyInto<A extends Float64Array | Uint32Array>(other: A, column: A): A {
  other.set(column.length > other.length ? column.subarray(0, other.length) : column);
  return other;
}

/** Index of the first run that ends behind page `vpn`; `runs.count` if there is none. */
export function firstRunFrom(runs: Pick<PageRuns, 'count' | 'vpn' | 'nrPages'>, vpn: number): number {
  let low = 0;
  let high = runs.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((runs.vpn[middle] ?? 0) + (runs.nrPages[middle] ?? 0) <= vpn) low = middle + 1;
    else high = middle;
  }
  return low;
}

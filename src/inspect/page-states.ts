/** What became of a page that at least one of two images holds. The `state` column holds the index. */
export const PAGE_STATES = ['same', 'changed', 'added', 'removed'] as const;

export type PageState = (typeof PAGE_STATES)[number];

export const SAME = 0;
export const CHANGED = 1;
export const ADDED = 2;
export const REMOVED = 3;

/** Pages by what became of them. Pages that neither image holds are not counted. */
export type PageCounts = Readonly<Record<PageState, number>>;

export const NO_COUNTS: PageCounts = { same: 0, changed: 0, added: 0, removed: 0 };

/** Runs of pages in one state, in columns of equal length and in ascending `vpn`; neighbours in one state are merged. */
export interface PageStateRuns {
  /** Number of runs. */
  readonly count: number;
  readonly vpn: Float64Array;
  readonly nrPages: Uint32Array;
  /** Index into `PAGE_STATES`. */
  readonly state: Uint8Array;
}

const FIRST_CAPACITY = 64;

export const NO_STATE_RUNS: PageStateRuns = {
  count: 0,
  vpn: new Float64Array(0),
  nrPages: new Uint32Array(0),
  state: new Uint8Array(0),
};

/** Collects page states in ascending order. Columns grow by doubling and are used again after `take`. */
export class PageStateRunsBuilder {
  #vpn = new Float64Array(FIRST_CAPACITY);
  #nrPages = new Uint32Array(FIRST_CAPACITY);
  #state = new Uint8Array(FIRST_CAPACITY);
  #count = 0;

  add(vpn: number, nrPages: number, state: number): void {
    const last = this.#count - 1;
    if (last >= 0 && this.#state[last] === state) {
      const length = this.#nrPages[last] ?? 0;
      if ((this.#vpn[last] ?? 0) + length === vpn) {
        this.#nrPages[last] = length + nrPages;
        return;
      }
    }
    if (this.#count === this.#vpn.length) this.#grow();
    this.#vpn[this.#count] = vpn;
    this.#nrPages[this.#count] = nrPages;
    this.#state[this.#count] = state;
    this.#count++;
  }

  /** What was collected since the last call; the builder is empty again. */
  take(): PageStateRuns {
    const count = this.#count;
    if (count === 0) return NO_STATE_RUNS;
    this.#count = 0;
    return {
      count,
      vpn: this.#vpn.slice(0, count),
      nrPages: this.#nrPages.slice(0, count),
      state: this.#state.slice(0, count),
    };
  }

  #grow(): void {
    const capacity = this.#vpn.length * 2;
    const [vpn, nrPages, state] = [this.#vpn, this.#nrPages, this.#state];
    this.#vpn = new Float64Array(capacity);
    this.#nrPages = new Uint32Array(capacity);
    this.#state = new Uint8Array(capacity);
    this.#vpn.set(vpn);
    this.#nrPages.set(nrPages);
    this.#state.set(state);
  }
}

/** Pages per state in `runs`. */
export function countStates(runs: PageStateRuns): PageCounts {
  const sums: [number, number, number, number] = [0, 0, 0, 0];
  for (let i = 0; i < runs.count; i++) {
    const state = runs.state[i] ?? 0;
    sums[state] = (sums[state] ?? 0) + (runs.nrPages[i] ?? 0);
  }
  const [same, changed, added, removed] = sums;
  return { same, changed, added, removed };
}

export function addCounts(a: PageCounts, b: PageCounts): PageCounts {
  return {
    same: a.same + b.same,
    changed: a.changed + b.changed,
    added: a.added + b.added,
    removed: a.removed + b.removed,
  };
}

/** Whether any counted page is not the same in both images. */
export function hasDifferentPages(counts: PageCounts): boolean {
  return counts.changed + counts.added + counts.removed > 0;
}

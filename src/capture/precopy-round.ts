import { nextTurn } from '../format/bytes/turn.js';
import type { Vma } from '../format/model/image.js';
import { PAGE_BYTES } from '../format/model/page.js';
import { PageRunsBuilder, type PageRuns } from '../format/model/page-runs.js';
import type { ProcessMemory } from './memory.js';
import type { PageStore } from './precopy-store.js';
import { PageComparer } from './tracking/byte-compare.js';
import { earlierPages } from './tracking/earlier-copy.js';
import { sortPages, type Sorted } from './tracking/sort-pages.js';
import type { ChangeTracker } from './tracking/verdict.js';

/** How much is copied before the event loop has a turn. */
const BYTES_PER_TURN = 64 * 1024 * 1024;
/** What is copied at once: an error costs no more. */
const MAX_RUN_PAGES = 2048;

/** Pages to be copied and their places in the store, in columns. */
interface CopyList {
  readonly vpn: number[];
  readonly nrPages: number[];
  readonly at: number[];
}

/** Mappings whose pages have their places in the store, and which of these are still to be copied there. */
export interface RoundPlan {
  readonly vmas: readonly Vma[];
  readonly list: CopyList;
  readonly pages: number;
}

/** Gives each page a place: that of its earlier copy, if there is one. */
class Placing implements Sorted {
  readonly #store: PageStore;
  readonly #list: CopyList;
  readonly #placed = new PageRunsBuilder();
  pages = 0;

  constructor(store: PageStore, list: CopyList) {
    this.#store = store;
    this.#list = list;
  }

  readonly same = (vpn: number, nrPages: number, _nowOffset: number, thenOffset: number | undefined): void => {
    this.#placed.add(vpn, nrPages, thenOffset ?? 0);
  };

  readonly own = (vpn: number, nrPages: number, _nowOffset: number, thenOffset: number | undefined): void => {
    const at = thenOffset ?? this.#store.reserve(nrPages * PAGE_BYTES);
    for (let done = 0; done < nrPages; done += MAX_RUN_PAGES) {
      this.#list.vpn.push(vpn + done);
      this.#list.nrPages.push(Math.min(MAX_RUN_PAGES, nrPages - done));
      this.#list.at.push(at + done * PAGE_BYTES);
    }
    this.#placed.add(vpn, nrPages, at);
    this.pages += nrPages;
  };

  take(): PageRuns {
    return this.#placed.take();
  }
}

/** Who copies the pages of a process to where. */
export interface Copier {
  readonly memory: ProcessMemory;
  readonly store: PageStore;
  readonly signal: AbortSignal | undefined;
}

/** Finds out which pages have to be copied since `copied`, and gives those that are new their places. */
export async function planRound(
  vmas: readonly Vma[],
  copied: readonly Vma[],
  tracker: ChangeTracker,
  { memory, store, signal }: Copier,
): Promise<RoundPlan> {
  const list: CopyList = { vpn: [], nrPages: [], at: [] };
  const placing = new Placing(store, list);
  const sides = { now: memory, then: store, comparer: new PageComparer(signal) };
  const planned: Vma[] = [];
  for (const vma of vmas) {
    const earlier = earlierPages({ vmas: copied, contents: store }, vma);
    await sortPages(
      vma.pages,
      (take) => {
        tracker.judge(vma, take);
      },
      earlier,
      sides,
      placing,
    );
    planned.push({ ...vma, pages: placing.take() });
  }
  return { vmas: planned, list, pages: placing.pages };
}

/**
 * Copies what a plan tells, from a process that runs: pages may be gone by now.
 *
 * @returns the mappings with the pages that were copied
 */
export async function copyRunning({ vmas, list }: RoundPlan, copier: Copier): Promise<readonly Vma[]> {
  const { memory, store } = copier;
  const gone = new Set<number>();
  await eachRun(list, copier, (vpn, nrPages, at) => {
    const read = (done: number, into: Uint8Array): number => memory.readUpTo(vpn * PAGE_BYTES + done, into);
    const got = Math.floor(store.copy(at, nrPages * PAGE_BYTES, read) / PAGE_BYTES);
    for (let page = got; page < nrPages; page++) gone.add(vpn + page);
  });
  return gone.size === 0 ? vmas : vmas.map((vma) => ({ ...vma, pages: without(vma.pages, gone) }));
}

/** The same of a process that stands still. @throws {CaptureError} when a page is not there */
export async function copyStopped({ list }: RoundPlan, copier: Copier): Promise<void> {
  const { memory, store } = copier;
  await eachRun(list, copier, (vpn, nrPages, at) => {
    store.copy(at, nrPages * PAGE_BYTES, (done, into) => memory.readSync(vpn * PAGE_BYTES + done, into));
  });
}

async function eachRun(
  { vpn, nrPages, at }: CopyList,
  { signal }: Copier,
  copy: (vpn: number, nrPages: number, at: number) => void,
): Promise<void> {
  let sinceTurnBytes = 0;
  for (let i = 0; i < vpn.length; i++) {
    copy(vpn[i] ?? 0, nrPages[i] ?? 0, at[i] ?? 0);
    sinceTurnBytes += (nrPages[i] ?? 0) * PAGE_BYTES;
    if (sinceTurnBytes < BYTES_PER_TURN) continue;
    sinceTurnBytes = 0;
    await nextTurn();
    signal?.throwIfAborted();
  }
}

function without(pages: PageRuns, gone: ReadonlySet<number>): PageRuns {
  const kept = new PageRunsBuilder();
  for (let run = 0; run < pages.count; run++)
    for (let page = 0; page < (pages.nrPages[run] ?? 0); page++) {
      const vpn = (pages.vpn[run] ?? 0) + page;
      if (!gone.has(vpn)) kept.add(vpn, 1, (pages.offset[run] ?? 0) + page * PAGE_BYTES);
    }
  return kept.take();
}

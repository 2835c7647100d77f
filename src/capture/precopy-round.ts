import type { ByteSource } from '../format/bytes/source.js';
import { nextTurn } from '../format/bytes/turn.js';
import { CaptureError } from '../format/errors.js';
import type { Vma } from '../format/model/image.js';
import { PAGE_BYTES, vpnOf } from '../format/model/page.js';
import { NO_PAGES, PageRunsBuilder, type PageRuns } from '../format/model/page-runs.js';
import { pagesShown } from '../format/model/page-shift.js';
import type { SharedMemory } from '../format/model/shared-memory.js';
import type { PageStore } from './precopy-store.js';
import { PageComparer } from './tracking/byte-compare.js';
import { earlierObject, earlierPages, type EarlierCopy } from './tracking/earlier-copy.js';
import { sortPages, type BothSides, type Sorted } from './tracking/sort-pages.js';
import { judgeAlike } from './tracking/trackers.js';
import { VERDICT, type ChangeTracker } from './tracking/verdict.js';

/** How much is copied before the event loop has a turn. */
const BYTES_PER_TURN = 64 * 1024 * 1024;
/** What is copied at once: 8 MiB. */
const MAX_RUN_PAGES = 2048;

/** A process as it is now, or as it was when it was looked at. */
export interface Observed {
  readonly vmas: readonly Vma[];
  /** What the offsets of its pages point into; read without waiting. */
  readonly contents: ByteSource & Required<Pick<ByteSource, 'readSync'>>;
}

/** Pages to be copied and their places on both sides, in columns. */
interface CopyList {
  readonly from: number[];
  readonly bytes: number[];
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
  readonly #placed = new PageRunsBuilder();
  readonly list: CopyList = { from: [], bytes: [], at: [] };
  pages = 0;

  constructor(store: PageStore) {
    this.#store = store;
  }

  readonly same = (vpn: number, nrPages: number, _nowOffset: number, thenOffset: number | undefined): void => {
    this.#placed.add(vpn, nrPages, thenOffset ?? 0);
  };

  readonly own = (vpn: number, nrPages: number, nowOffset: number, thenOffset: number | undefined): void => {
    const at = thenOffset ?? this.#store.reserve(nrPages * PAGE_BYTES);
    for (let done = 0; done < nrPages; done += MAX_RUN_PAGES) {
      this.list.from.push(nowOffset + done * PAGE_BYTES);
      this.list.bytes.push(Math.min(MAX_RUN_PAGES, nrPages - done) * PAGE_BYTES);
      this.list.at.push(at + done * PAGE_BYTES);
    }
    this.#placed.add(vpn, nrPages, at);
    this.pages += nrPages;
  };

  take(): PageRuns {
    return this.#placed.take();
  }
}

/** Plans one round; objects that several mappings show are planned once. */
class RoundPlanner {
  readonly #earlier: EarlierCopy;
  readonly #tracker: ChangeTracker;
  readonly #sides: BothSides;
  readonly #objects = new Map<SharedMemory, SharedMemory>();
  readonly placing: Placing;

  constructor(earlier: EarlierCopy, tracker: ChangeTracker, sides: BothSides, placing: Placing) {
    this.#earlier = earlier;
    this.#tracker = tracker;
    this.#sides = sides;
    this.placing = placing;
  }

  async vma(vma: Vma): Promise<Vma> {
    if (vma.shared) return this.#view(vma, vma.shared);
    const judge = (take: Parameters<ChangeTracker['judge']>[1]): void => {
      this.#tracker.judge(vma, take);
    };
    await sortPages(vma.pages, judge, earlierPages(this.#earlier, vma), this.#sides, this.placing);
    return { ...vma, pages: this.placing.take() };
  }

  async #view(vma: Vma, object: SharedMemory): Promise<Vma> {
    const shared = this.#objects.get(object) ?? (await this.#object(vma, object));
    this.#objects.set(object, shared);
    const shown = { startVpn: vpnOf(vma.vm_start), endVpn: vpnOf(vma.vm_end), pgoff: Number(vma.vm_pgoff) };
    return { ...vma, shared, pages: pagesShown(shared.pages, shown) };
  }

  /** Others write it, too: nothing is known but by comparing. */
  async #object(vma: Vma, now: SharedMemory): Promise<SharedMemory> {
    const any = earlierObject(this.#earlier, vma)?.pages ?? NO_PAGES;
    const judge = (take: Parameters<ChangeTracker['judge']>[1]): void => {
      judgeAlike(VERDICT.compare, now.pages, take);
    };
    await sortPages(now.pages, judge, { any, same: NO_PAGES }, this.#sides, this.placing);
    return { ...now, pages: this.placing.take() };
  }
}

/** Finds out which pages have to be copied since `copied`, and gives those that are new their places. */
export async function planRound(
  { vmas, contents }: Observed,
  copied: readonly Vma[],
  tracker: ChangeTracker,
  { store, signal }: Copier,
): Promise<RoundPlan> {
  const placing = new Placing(store);
  const sides = { now: contents, then: store, comparer: new PageComparer(signal) };
  const planner = new RoundPlanner({ vmas: copied, contents: store }, tracker, sides, placing);
  const planned: Vma[] = [];
  for (const vma of vmas) planned.push(await planner.vma(vma));
  return { vmas: planned, list: placing.list, pages: placing.pages };
}

/** Where copies go. */
export interface Copier {
  readonly store: PageStore;
  readonly signal: AbortSignal | undefined;
}

/**
 * Copies what a plan tells, from a process that runs: pages may be gone by now.
 *
 * @returns the mappings with the pages that were copied
 * @throws {CaptureError} `TARGET_ENDED`, `TARGET_EXECED`; {IoError}
 */
export async function copyRunning(
  { vmas, list }: RoundPlan,
  { contents }: Observed,
  copier: Copier,
): Promise<readonly Vma[]> {
  const gone = new Set<number>();
  await eachRun(list, copier, (from, bytes, at) => {
    if (tryCopy(contents, copier.store, from, bytes, at)) return;
    for (let within = 0; within < bytes; within += PAGE_BYTES)
      if (!tryCopy(contents, copier.store, from + within, PAGE_BYTES, at + within)) gone.add(at + within);
  });
  return gone.size === 0 ? vmas : vmas.map((vma) => withoutGone(vma, gone));
}

/** False where a page was not there any more. */
function tryCopy(contents: Observed['contents'], store: PageStore, from: number, bytes: number, at: number): boolean {
  try {
    store.copy(at, bytes, (done, into) => contents.readSync(from + done, into));
    return true;
  } catch (error) {
    if (error instanceof CaptureError && error.code === 'TARGET_CHANGED') return false;
    throw error;
  }
}

/** The same of a process that stands still. @throws {CaptureError} when a page is not there */
export async function copyStopped({ list }: RoundPlan, { contents }: Observed, copier: Copier): Promise<void> {
  await eachRun(list, copier, (from, bytes, at) => {
    copier.store.copy(at, bytes, (done, into) => contents.readSync(from + done, into));
  });
}

async function eachRun(
  { from, bytes, at }: CopyList,
  { signal }: Copier,
  copy: (from: number, bytes: number, at: number) => void,
): Promise<void> {
  let sinceTurnBytes = 0;
  for (let i = 0; i < from.length; i++) {
    copy(from[i] ?? 0, bytes[i] ?? 0, at[i] ?? 0);
    sinceTurnBytes += bytes[i] ?? 0;
    if (sinceTurnBytes < BYTES_PER_TURN) continue;
    sinceTurnBytes = 0;
    await nextTurn();
    signal?.throwIfAborted();
  }
}

function withoutGone(vma: Vma, gone: ReadonlySet<number>): Vma {
  const { shared } = vma;
  const pages = without(vma.pages, gone);
  return shared ? { ...vma, pages, shared: { ...shared, pages: without(shared.pages, gone) } } : { ...vma, pages };
}

/** The pages whose places are not among these. */
function without(pages: PageRuns, gone: ReadonlySet<number>): PageRuns {
  const kept = new PageRunsBuilder();
  for (let run = 0; run < pages.count; run++)
    for (let page = 0; page < (pages.nrPages[run] ?? 0); page++) {
      const at = (pages.offset[run] ?? 0) + page * PAGE_BYTES;
      if (!gone.has(at)) kept.add((pages.vpn[run] ?? 0) + page, 1, at);
    }
  return kept.take();
}

import type { AddressSpace, Task, Vma } from '../format/model/image.js';
import { PAGE_BYTES, vpnOf } from '../format/model/page.js';
import { NO_PAGES, PageRunsBuilder, type PageRuns } from '../format/model/page-runs.js';
import { pagesShown } from '../format/model/page-shift.js';
import type { SharedMemory } from '../format/model/shared-memory.js';
import type { Contents } from './contents.js';
import type { PageStore } from './precopy-store.js';
import { PageComparer } from './tracking/byte-compare.js';
import { earlierObject, earlierPages } from './tracking/earlier-copy.js';
import { sortPages, type BothSides, type Sorted } from './tracking/sort-pages.js';
import { judgeAlike } from './tracking/trackers.js';
import { VERDICT, type ChangeTracker, type TakeVerdict } from './tracking/verdict.js';

/** What is copied at once: 8 MiB. */
const MAX_RUN_PAGES = 2048;

/** Processes as they are now, or as they were when they were looked at. */
export interface Observed {
  readonly tasks: readonly Task[];
  /** What the offsets of their pages point into; read without waiting. */
  readonly contents: Contents;
}

/** Where copies go. */
export interface Copier {
  readonly store: PageStore;
  readonly signal: AbortSignal | undefined;
}

/** Pages to be copied and their places on both sides, in columns. */
export interface CopyList {
  readonly from: number[];
  readonly bytes: number[];
  readonly at: number[];
}

/** Tasks whose pages have their places in the store, and which of these are still to be copied there. */
export interface RoundPlan {
  readonly tasks: readonly Task[];
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

/** What is known of processes before a round. */
export interface Before {
  /** What was copied of a process; undefined of one that is new. */
  readonly copyOf: (pid: number) => AddressSpace | undefined;
  /** Who tells what was written in a process since. */
  readonly trackerOf: (pid: number) => ChangeTracker;
}

/** Plans one round; objects that several mappings show are planned once. */
class RoundPlanner {
  readonly #before: Before;
  readonly #sides: BothSides;
  /** What was planned of objects. */
  readonly #objects = new Map<SharedMemory, SharedMemory>();
  /** Copies whose places are taken: two objects must never have the same. */
  readonly #taken = new Set<SharedMemory>();
  readonly placing: Placing;

  constructor(before: Before, sides: BothSides, placing: Placing) {
    this.#before = before;
    this.#sides = sides;
    this.placing = placing;
  }

  async task(task: Task): Promise<Task> {
    const { pid, mm } = task;
    if (!mm) return task;
    const copied = this.#before.copyOf(pid)?.vmas ?? [];
    // places of what is shared belong to the object
    const own = copied.filter(({ shared }) => !shared);
    const tracker = this.#before.trackerOf(pid);
    const vmas: Vma[] = [];
    for (const vma of mm.vmas) {
      if (vma.shared) vmas.push(await this.#view(vma, vma.shared, copied));
      else vmas.push(await this.#vma(vma, own, tracker));
    }
    return { ...task, mm: { ...mm, vmas } };
  }

  async #vma(vma: Vma, copied: readonly Vma[], tracker: ChangeTracker): Promise<Vma> {
    const judge = (take: TakeVerdict): void => {
      tracker.judge(vma, take);
    };
    await sortPages(vma.pages, judge, earlierPages({ vmas: copied }, vma), this.#sides, this.placing);
    return { ...vma, pages: this.placing.take() };
  }

  async #view(vma: Vma, object: SharedMemory, copied: readonly Vma[]): Promise<Vma> {
    const shared = this.#objects.get(object) ?? (await this.#object(object, earlierObject({ vmas: copied }, vma)));
    this.#objects.set(object, shared);
    const shown = { startVpn: vpnOf(vma.vm_start), endVpn: vpnOf(vma.vm_end), pgoff: Number(vma.vm_pgoff) };
    return { ...vma, shared, pages: pagesShown(shared.pages, shown) };
  }

  /** Others write it, too: nothing is known but by comparing. */
  async #object(now: SharedMemory, then: SharedMemory | undefined): Promise<SharedMemory> {
    const isFree = then !== undefined && !this.#taken.has(then);
    if (isFree) this.#taken.add(then);
    const judge = (take: TakeVerdict): void => {
      judgeAlike(VERDICT.compare, now.pages, take);
    };
    const any = isFree ? then.pages : NO_PAGES;
    await sortPages(now.pages, judge, { any, same: NO_PAGES }, this.#sides, this.placing);
    return { ...now, pages: this.placing.take() };
  }
}

/** Finds out which pages have to be copied since the round before, and gives those that are new their places. */
export async function planRound(
  { tasks, contents }: Observed,
  before: Before,
  { store, signal }: Copier,
): Promise<RoundPlan> {
  const placing = new Placing(store);
  const sides = { now: contents, then: store, comparer: new PageComparer(signal) };
  const planner = new RoundPlanner(before, sides, placing);
  const planned: Task[] = [];
  // those that were there before first: a new one shows objects of theirs
  for (const task of tasks) if (before.copyOf(task.pid)) planned.push(await planner.task(task));
  for (const task of tasks) if (!before.copyOf(task.pid)) planned.push(await planner.task(task));
  const byPid = new Map(planned.map((task) => [task.pid, task]));
  return { tasks: tasks.map((task) => byPid.get(task.pid) ?? task), list: placing.list, pages: placing.pages };
}

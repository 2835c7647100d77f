import type { ByteSource } from '../../format/bytes/source.js';
import type { AddressSpace, Image, Task, Vma } from '../../format/model/image.js';
import { vpnOf } from '../../format/model/page.js';
import { PageRangesBuilder, rangesShown, type PageRanges } from '../../format/model/page-ranges.js';
import { NO_PAGES, PageRunsBuilder, type PageRuns } from '../../format/model/page-runs.js';
import { pagesShown } from '../../format/model/page-shift.js';
import type { SharedMemory } from '../../format/model/shared-memory.js';
import type { PageComparer } from './byte-compare.js';
import { copyInImage, earlierObject, earlierPages, type EarlierCopy, type EarlierPages } from './earlier-copy.js';
import { sortPages, type Sorted } from './sort-pages.js';
import { judgeAlike } from './trackers.js';
import { VERDICT, type ChangeTracker, type TakeVerdict } from './verdict.js';

/** What an incremental capture compares with. */
export interface LeaveOptions {
  /** The parent, seen through the chain: with contents of every page that it or its parents have. */
  readonly parent: Image;
  /** What the offsets of the pages of the tasks point into. */
  readonly now: ByteSource;
  readonly comparer: PageComparer;
  /** Who tells what has changed in the memory of a process. */
  readonly trackerOf: (pid: number) => ChangeTracker;
}

/** Pages, and which of them are left to the parent. */
interface Divided {
  readonly pages: PageRuns;
  readonly parentPages: PageRanges | undefined;
}

class DividedPages implements Sorted {
  readonly #own = new PageRunsBuilder();
  readonly #left = new PageRangesBuilder();

  readonly own = (vpn: number, nrPages: number, nowOffset: number): void => {
    this.#own.add(vpn, nrPages, nowOffset);
  };

  readonly same = (vpn: number, nrPages: number): void => {
    this.#left.add(vpn, nrPages);
  };

  take(): Divided {
    const left = this.#left.take();
    return { pages: this.#own.take(), parentPages: left.count === 0 ? undefined : left };
  }
}

/** Leaves to the parent image what it has of these tasks as it is now. */
class Leaving {
  readonly #options: LeaveOptions;
  readonly #objects = new Map<SharedMemory, SharedMemory>();
  readonly #spaces = new Map<AddressSpace, AddressSpace>();

  constructor(options: LeaveOptions) {
    this.#options = options;
  }

  /** Divides the objects that mappings of a task show, if the parent has them where one of these shows them. */
  async objects({ pid, mm }: Task): Promise<void> {
    const earlier = copyInImage(this.#options.parent, pid);
    if (!earlier || !mm) return;
    for (const vma of mm.vmas) {
      const then = vma.shared && !this.#objects.has(vma.shared) ? earlierObject(earlier, vma) : undefined;
      if (vma.shared && then?.id !== undefined)
        this.#objects.set(vma.shared, await this.#object(vma.shared, then, this.#options.trackerOf(pid)));
    }
  }

  /** The task with its memory divided; objects are before. */
  async task(task: Task): Promise<Task> {
    if (!task.mm) return task;
    const mm = this.#spaces.get(task.mm) ?? (await this.#space(task.mm, task.pid));
    this.#spaces.set(task.mm, mm);
    return { ...task, mm };
  }

  async #space(mm: AddressSpace, pid: number): Promise<AddressSpace> {
    const earlier = copyInImage(this.#options.parent, pid);
    const vmas: Vma[] = [];
    for (const vma of mm.vmas) {
      if (vma.shared) vmas.push(this.#view(vma, vma.shared));
      else vmas.push(earlier ? await this.#vma(vma, earlier, this.#options.trackerOf(pid)) : vma);
    }
    return { ...mm, vmas };
  }

  async #vma(vma: Vma, earlier: EarlierCopy, tracker: ChangeTracker): Promise<Vma> {
    if (vma.pages.count === 0) return vma;
    const judge = (take: TakeVerdict): void => {
      tracker.judge(vma, take);
    };
    return { ...vma, ...(await this.#divide(vma.pages, judge, earlierPages(earlier, vma))) };
  }

  /** What a mapping shows of an object that was divided. */
  #view(vma: Vma, object: SharedMemory): Vma {
    const shared = this.#objects.get(object);
    if (!shared) return vma;
    const startVpn = vpnOf(vma.vm_start);
    const shown = { startVpn, endVpn: vpnOf(vma.vm_end), pgoff: Number(vma.vm_pgoff) };
    const parentPages = rangesShown(shared.parentPages, shown);
    return { ...vma, shared, pages: pagesShown(shared.pages, shown), parentPages };
  }

  async #object(now: SharedMemory, then: SharedMemory, tracker: ChangeTracker): Promise<SharedMemory> {
    // other processes write it, too: nothing is known but by comparing
    const verdict = tracker.name === 'none' ? VERDICT.own : VERDICT.compare;
    const judge = (take: TakeVerdict): void => {
      judgeAlike(verdict, now.pages, take);
    };
    const divided = await this.#divide(now.pages, judge, { any: then.pages, same: NO_PAGES });
    return { ...now, ...divided, ...(divided.parentPages && { parentId: then.id }) };
  }

  async #divide(pages: PageRuns, judge: (take: TakeVerdict) => void, earlier: EarlierPages): Promise<Divided> {
    const { now, comparer, parent } = this.#options;
    const divided = new DividedPages();
    await sortPages(pages, judge, earlier, { now, then: parent.contents, comparer }, divided);
    return divided.take();
  }
}

/**
 * Leaves to a parent image every page of these tasks that it has, at the same address of the same process or at the same
 * place of the same object, as it is now. What is not there now is never left to it.
 *
 * @returns tasks; what they share they share again
 * @throws what reading throws
 * Source: spec/proc.md 2, what an incremental capture must do.
 */
export async function leaveToParent(tasks: readonly Task[], options: LeaveOptions): Promise<Task[]> {
  const leaving = new Leaving(options);
  for (const task of tasks) await leaving.objects(task);
  const left: Task[] = [];
  for (const task of tasks) left.push(await leaving.task(task));
  return left;
}

import { FormatError } from '../format/errors.js';
import type { AddressSpace, Image, Task, Thread, Vma } from '../format/model/image.js';
import type { KernelItem, KernelState } from '../format/model/kernel-state.js';
import { vpnOf } from '../format/model/page.js';
import { NO_RANGES, rangesShown, type PageRanges } from '../format/model/page-ranges.js';
import { NO_PAGES, type PageRuns } from '../format/model/page-runs.js';
import { pagesShown } from '../format/model/page-shift.js';
import type { SharedMemory } from '../format/model/shared-memory.js';
import { joinedRuns, mergeRuns, movedRuns } from './merge-runs.js';

/** Tasks whose page runs point into the sources of their layer and of all below it. */
export interface ResolvedLayer {
  readonly tasks: readonly Task[];
  /** Pages that are left to the parent and not in there; those of shared memory once. */
  readonly missingPages: number;
}

function left(missing: PageRanges): { readonly parentPages?: PageRanges } {
  return missing.count === 0 ? {} : { parentPages: missing };
}

function windowOf({ vm_start, vm_end, vm_pgoff }: Vma) {
  return { startVpn: vpnOf(vm_start), endVpn: vpnOf(vm_end), pgoff: Number(vm_pgoff) };
}

/** Memory that mappings or segments of an image hold, by its number. */
export function sharedById(tasks: readonly Task[]): ReadonlyMap<number, SharedMemory> {
  const shared = new Map<number, SharedMemory>();
  const add = (memory: SharedMemory): void => {
    if (memory.id !== undefined) shared.set(memory.id, memory);
  };
  for (const { mm, threads } of tasks) {
    for (const vma of mm?.vmas ?? []) if (vma.shared) add(vma.shared);
    for (const { kernel } of threads)
      for (const items of Object.values(kernel?.sections ?? {}))
        for (const item of items) if (item.kind === 'memory') add(item.memory);
  }
  return shared;
}

/** What of the parent an address space may be left to. */
interface Below {
  readonly runs: PageRuns;
  /** A process number that several have, so that nothing tells whose pages these are; undefined where it is sure. */
  readonly doubtfulPid: number | undefined;
}

/** Where a layer shows an object, and what is below that. */
interface Showing {
  readonly vma: Vma;
  readonly below: Below;
}

/** The address spaces that processes of a number have: more than one only of tasks in namespaces of their own. */
function spacesByPid(tasks: readonly Task[]): ReadonlyMap<number, ReadonlySet<AddressSpace>> {
  const spaces = new Map<number, Set<AddressSpace>>();
  for (const { pid, mm } of tasks) if (mm) spaces.set(pid, (spaces.get(pid) ?? new Set()).add(mm));
  return spaces;
}

/** @throws {FormatError} `BAD_REFERENCE` */
function sureRuns({ runs, doubtfulPid }: Below): PageRuns {
  if (doubtfulPid === undefined) return runs;
  const what = `pages of process ${String(doubtfulPid)} are left to the parent, and several have that number`;
  throw new FormatError('BAD_REFERENCE', { at: { path: 'parent' }, what });
}

/** Resolves one layer over the one below it. */
class LayerResolver {
  readonly #base: number;
  readonly #parentSpaces: ReadonlyMap<number, ReadonlySet<AddressSpace>>;
  readonly #parentShared: ReadonlyMap<number, SharedMemory>;
  readonly #parentRuns = new Map<AddressSpace, PageRuns>();
  readonly #shared = new Map<SharedMemory, SharedMemory>();
  readonly #showing = new Map<SharedMemory, Showing[]>();
  missingPages = 0;

  constructor(base: number, parentTasks: readonly Task[]) {
    this.#base = base;
    this.#parentSpaces = spacesByPid(parentTasks);
    this.#parentShared = sharedById(parentTasks);
  }

  tasks(tasks: readonly Task[]): Task[] {
    const spacesOf = spacesByPid(tasks);
    const pidsOf = new Map<AddressSpace, number[]>();
    for (const { mm, pid } of tasks) if (mm) pidsOf.set(mm, [...(pidsOf.get(mm) ?? []), pid]);
    const belows = new Map([...pidsOf].map(([mm, pids]) => [mm, this.#belowOf(pids, spacesOf)]));
    for (const [mm, below] of belows) {
      for (const vma of mm.vmas)
        if (vma.shared) this.#showing.set(vma.shared, [...(this.#showing.get(vma.shared) ?? []), { vma, below }]);
    }
    const spaces = new Map(
      [...belows].map(([mm, below]) => [mm, { ...mm, vmas: mm.vmas.map((vma) => this.#vma(vma, below)) }]),
    );
    return tasks.map((task) => {
      const [first, ...others] = task.threads;
      const threads = [this.#thread(first), ...others.map((thread) => this.#thread(thread))] as const;
      return { ...task, mm: task.mm && spaces.get(task.mm), threads };
    });
  }

  /** The parent's address space that one of these tasks had. */
  #belowOf(pids: readonly number[], spacesOf: ReadonlyMap<number, ReadonlySet<AddressSpace>>): Below {
    const pid = pids.find((one) => this.#parentSpaces.has(one));
    const [mm, ...others] = (pid === undefined ? undefined : this.#parentSpaces.get(pid)) ?? [];
    if (pid === undefined || !mm) return { runs: NO_PAGES, doubtfulPid: undefined };
    const isDoubtful = others.length > 0 || (spacesOf.get(pid)?.size ?? 0) > 1;
    return { runs: this.#runsOf(mm), doubtfulPid: isDoubtful ? pid : undefined };
  }

  #runsOf(mm: AddressSpace): PageRuns {
    const runs = this.#parentRuns.get(mm) ?? joinedRuns(mm.vmas.map(({ pages }) => pages));
    this.#parentRuns.set(mm, runs);
    return runs;
  }

  #vma(vma: Vma, below: Below): Vma {
    const { parentPages, shared, ...rest } = vma;
    if (!shared) {
      const runs = parentPages && parentPages.count > 0 ? sureRuns(below) : NO_PAGES;
      const { pages, missing } = mergeRuns(vma.pages, parentPages, runs, this.#base);
      this.missingPages += missing.totalPages;
      return { ...rest, pages, ...left(missing) };
    }
    const memory = this.#memory(shared);
    const window = windowOf(vma);
    const missing = rangesShown(memory.parentPages, window) ?? NO_RANGES;
    return { ...rest, shared: memory, pages: pagesShown(memory.pages, window), ...left(missing) };
  }

  #memory(memory: SharedMemory): SharedMemory {
    const known = this.#shared.get(memory);
    if (known) return known;
    const { parentPages, parentId, ...rest } = memory;
    let { pages, missing } = mergeRuns(memory.pages, NO_RANGES, NO_PAGES, this.#base);
    missing = parentPages ?? NO_RANGES;
    for (const below of this.#below(memory)) {
      if (missing.count === 0) break;
      ({ pages, missing } = mergeRuns(pages, missing, below, 0));
    }
    this.missingPages += missing.totalPages;
    const resolved = { ...rest, pages, ...left(missing) };
    this.#shared.set(memory, resolved);
    return resolved;
  }

  /** Where in the parent pages of the object may be, by index. */
  *#below(memory: SharedMemory): Generator<PageRuns> {
    if (memory.parentId !== undefined) {
      yield this.#parentShared.get(memory.parentId)?.pages ?? NO_PAGES;
      return;
    }
    for (const { vma, below } of this.#showing.get(memory) ?? []) {
      const { startVpn, endVpn, pgoff } = windowOf(vma);
      yield movedRuns(pagesShown(sureRuns(below), { startVpn, endVpn, pgoff: startVpn }), pgoff - startVpn);
    }
  }

  #thread(thread: Thread): Thread {
    return thread.kernel ? { ...thread, kernel: this.#state(thread.kernel) } : thread;
  }

  #state({ nestedPids, sections }: KernelState): KernelState {
    const resolve = (item: KernelItem): KernelItem =>
      item.kind === 'memory' ? { ...item, memory: this.#memory(item.memory) } : item;
    const own = Object.entries(sections).map(([name, items]) => [name, items.map(resolve)]);
    // the names are those that were there
    return { nestedPids, sections: Object.fromEntries(own) as KernelState['sections'] };
  }
}

/**
 * The tasks of an image with the pages that it leaves to its parent.
 *
 * @param base         where the contents of the image begin in those of the chain
 * @param parentTasks  the parent's, resolved; none where it is not there
 * @throws {FormatError} `BAD_REFERENCE` where pages of a process are left to it whose number several have
 */
export function resolveLayer({ tasks }: Image, base: number, parentTasks: readonly Task[]): ResolvedLayer {
  const resolver = new LayerResolver(base, parentTasks);
  const resolved = resolver.tasks(tasks);
  return { tasks: resolved, missingPages: resolver.missingPages };
}

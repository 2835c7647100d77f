import { nextTurn } from '../format/bytes/turn.js';
import { CaptureError } from '../format/errors.js';
import type { Task, Vma } from '../format/model/image.js';
import { PAGE_BYTES } from '../format/model/page.js';
import { PageRunsBuilder, type PageRuns } from '../format/model/page-runs.js';
import type { SharedMemory } from '../format/model/shared-memory.js';
import type { Copier, CopyList, Observed, RoundPlan } from './precopy-round.js';

/** How much is copied before the event loop has a turn. */
const BYTES_PER_TURN = 64 * 1024 * 1024;

/** The same, of which pages that are gone by now are read as none, and so are those of processes that are gone. */
export function forgiving({ tasks, contents }: Observed, isMissed: (error: unknown) => boolean): Observed {
  const readSync = (offset: number, into: Uint8Array): number => {
    try {
      return contents.readSync(offset, into);
    } catch (error) {
      if (isChange(error) || isMissed(error)) return 0;
      throw error;
    }
  };
  const { name, size, isSeekable } = contents;
  const read = (offset: number, into: Uint8Array): Promise<number> =>
    new Promise((resolve) => {
      resolve(readSync(offset, into));
    });
  return { tasks, contents: { name, size, isSeekable, readSync, read, close: () => Promise.resolve() } };
}

function isChange(error: unknown): boolean {
  return error instanceof CaptureError && error.code === 'TARGET_CHANGED';
}

/** What became of copying a run of pages. */
type Copied = 'whole' | 'in part' | 'gone';

/**
 * Copies what a plan tells, from processes that run: pages may be gone by now.
 *
 * @param isMissed  whether an error says no more than that a process is gone which need not be copied
 * @returns the tasks with the pages that were copied
 * @throws {CaptureError} `TARGET_ENDED`, `TARGET_EXECED`; {IoError}
 */
export async function copyRunning(
  { tasks, list }: RoundPlan,
  { contents }: Observed,
  { isMissed, ...copier }: Copier & { readonly isMissed: (error: unknown) => boolean },
): Promise<readonly Task[]> {
  const gone = new Set<number>();
  const tryCopy = (from: number, bytes: number, at: number): Copied => {
    try {
      copier.store.copy(at, bytes, (done, into) => contents.readSync(from + done, into));
      return 'whole';
    } catch (error) {
      if (isChange(error)) return 'in part';
      if (isMissed(error)) return 'gone';
      throw error;
    }
  };
  await eachRun(list, copier, (from, bytes, at) => {
    const copied = tryCopy(from, bytes, at);
    for (let within = 0; copied !== 'whole' && within < bytes; within += PAGE_BYTES)
      if (copied === 'gone' || tryCopy(from + within, PAGE_BYTES, at + within) !== 'whole') gone.add(at + within);
  });
  return gone.size === 0 ? tasks : withoutGone(tasks, gone);
}

/** The same of processes that stand still. @throws {CaptureError} when a page is not there */
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

/** What tasks showed together they show together again. */
function withoutGone(tasks: readonly Task[], gone: ReadonlySet<number>): readonly Task[] {
  const objects = new Map<SharedMemory, SharedMemory>();
  const object = (shared: SharedMemory): SharedMemory => {
    const left = objects.get(shared) ?? { ...shared, pages: without(shared.pages, gone) };
    objects.set(shared, left);
    return left;
  };
  const left = (vma: Vma): Vma => ({
    ...vma,
    pages: without(vma.pages, gone),
    ...(vma.shared && { shared: object(vma.shared) }),
  });
  return tasks.map((task) => (task.mm ? { ...task, mm: { ...task.mm, vmas: task.mm.vmas.map(left) } } : task));
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

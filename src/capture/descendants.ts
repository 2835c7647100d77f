import { CaptureError } from '../format/errors.js';
import { listNumbers, readIfThere } from './proc-file.js';

/** The children of all threads of a process; none when it has ended. */
function childrenOf(pid: number): number[] {
  try {
    return listNumbers(pid, 'task').flatMap((tid) => {
      const children = readIfThere(pid, `task/${String(tid)}/children`);
      return (children?.toString('latin1').match(/\d+/g) ?? []).map(Number);
    });
  } catch (error) {
    if (error instanceof CaptureError && error.code === 'TARGET_ENDED') return [];
    throw error;
  }
}

/**
 * These processes and all their descendants, parents in front of their children. This process and what it started are
 * left out below them.
 *
 * The kernel promises the list of children only of processes that stand still: of others ask again once they do.
 */
export function withDescendants(roots: readonly number[]): number[] {
  const found = new Set<number>();
  const visit = (pid: number): void => {
    if (found.has(pid)) return;
    found.add(pid);
    for (const child of childrenOf(pid)) if (child !== process.pid) visit(child);
  };
  roots.forEach(visit);
  return [...found];
}

import { countText } from './amount.js';
import { quoted } from './printable.js';
import type { TaskDescription } from '../../inspect/describe-task.js';
import type { Palette } from './palette.js';

/** Deeper levels are not moved in further. */
const MAX_INDENT = 32;

/** Tasks by their parent; one whose parent is not in the image is a root. */
function childrenOf(tasks: readonly TaskDescription[]): {
  roots: TaskDescription[];
  children: ReadonlyMap<number, TaskDescription[]>;
} {
  const pids = new Set(tasks.map(({ pid }) => pid));
  const children = new Map<number, TaskDescription[]>();
  const roots: TaskDescription[] = [];
  for (const task of tasks) {
    const siblings = children.get(task.ppid);
    if (!pids.has(task.ppid) || task.ppid === task.pid) roots.push(task);
    else if (siblings) siblings.push(task);
    else children.set(task.ppid, [task]);
  }
  return { roots, children };
}

/** Each task once, parents before their children, with its depth. */
function* inTreeOrder(tasks: readonly TaskDescription[]): Generator<readonly [task: TaskDescription, depth: number]> {
  const { roots, children } = childrenOf(tasks);
  const seen = new Set<TaskDescription>();
  // what no root leads to is in a circle, and is told from its first task on
  for (const start of [...roots, ...tasks]) {
    const open: (readonly [TaskDescription, number])[] = [[start, 0]];
    for (let next = open.pop(); next; next = open.pop()) {
      const [task, depth] = next;
      if (seen.has(task)) continue;
      seen.add(task);
      yield next;
      for (const child of (children.get(task.pid) ?? []).toReversed()) open.push([child, depth + 1]);
    }
  }
}

/** The tasks under their parents, where there is more than one. */
export function* treeLines(tasks: readonly TaskDescription[], palette: Palette): Generator<string> {
  if (tasks.length < 2) return;
  yield palette.heading(countText(tasks.length, 'task'));
  for (const [{ pid, comm, state }, depth] of inTreeOrder(tasks)) {
    yield `${'  '.repeat(Math.min(depth, MAX_INDENT) + 1)}${String(pid)} ${quoted(comm)}  ${state}`;
  }
}

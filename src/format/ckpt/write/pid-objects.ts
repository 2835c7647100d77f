import type { Task, Thread } from '../../model/image.js';

/** The pids of an image as objects: `objects` in order, the number in each namespace, outermost first. */
export interface PidObjects {
  readonly objects: readonly (readonly number[])[];
  /** Index of the object that is a thread's own pid. */
  readonly ofThread: (thread: Thread) => number;
  /** Index of the object that has this pid in the outermost namespace. */
  readonly ofPid: (pid: number) => number;
}

/** One pid object for each pid that a task has or refers to. Source: spec/cr-stream.md 8.4. */
export function pidObjectsOf(tasks: readonly Task[]): PidObjects {
  const objects: (readonly number[])[] = [];
  const byNumbers = new Map<string, number>();
  const byPid = new Map<number, number>();
  const add = (numbers: readonly number[]): void => {
    const key = numbers.join();
    if (byNumbers.has(key)) return;
    byNumbers.set(key, objects.length);
    const [pid = 0] = numbers;
    if (!byPid.has(pid)) byPid.set(pid, objects.length);
    objects.push(numbers);
  };
  const numbersOf = ({ tid, kernel }: Thread): readonly number[] => [tid, ...(kernel?.nestedPids ?? [])];
  for (const { threads } of tasks) for (const thread of threads) add(numbersOf(thread));
  for (const { tgid, ppid, pgid = 0, sid = 0 } of tasks)
    for (const pid of [tgid, ppid, pgid, sid]) if (!byPid.has(pid) && (pid > 0 || pid === tgid)) add([pid]);
  return {
    objects,
    ofThread: (thread) => byNumbers.get(numbersOf(thread).join()) ?? 0,
    ofPid: (pid) => byPid.get(pid) ?? 0,
  };
}

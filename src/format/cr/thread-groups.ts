import { NO_MEMORY, type Task } from '../model/image.js';

/** What the kernel has as exit_signal of a thread that is not the first. */
const NO_EXIT_SIGNAL = 0xffff_ffff;
const NO_LDT = new Uint8Array(0);

/**
 * A task as a stream has it: its further threads stand behind it as tasks without mappings and files, since the family
 * has no sharing and a thread's memory would otherwise be there twice.
 */
export function splitThreads(task: Task): Task[] {
  const [first, ...others] = task.threads;
  const exit = { exitState: 0, exitCode: 0, exitSignal: NO_EXIT_SIGNAL };
  const mm = { ...(task.mm ?? NO_MEMORY), vmas: [], ldt: NO_LDT };
  return [
    { ...task, threads: [first] },
    ...others.map((thread): Task => ({ ...task, ...exit, pid: thread.tid, mm, files: [], threads: [thread] })),
  ];
}

/** The inverse: a task that brings neither mappings nor files is a thread of the process before it. */
export function joinThreads(tasks: readonly Task[]): Task[] {
  const joined: Task[] = [];
  for (const task of tasks) {
    const leader = joined.at(-1);
    if (leader && isThreadOf(task, leader)) {
      joined[joined.length - 1] = { ...leader, threads: [...leader.threads, ...task.threads] };
    } else joined.push(task);
  }
  return joined;
}

function isThreadOf({ pid, tgid, mm, files }: Task, leader: Task): boolean {
  return (mm?.vmas.length ?? 0) === 0 && files.length === 0 && pid !== tgid && leader.pid === tgid;
}

/** What a task is called that has ended and waits for its parent. */
export const ZOMBIE = 'zombie';

/** States of a task, as the kernel numbers them. Source: include/linux/sched.h of 2.6.28. */
const TASK_STATES: ReadonlyMap<number, string> = new Map([
  [0, 'running'],
  [1, 'sleeping'],
  [2, 'uninterruptible'],
  [4, 'stopped'],
  [8, 'traced'],
  [16, ZOMBIE],
  [32, 'dead'],
]);

/** The name of a task state; an unknown one as its number. */
export function taskStateName(state: number): string {
  return TASK_STATES.get(state) ?? String(state);
}

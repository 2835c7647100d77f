const ENDED: readonly string[] = ['Z', 'X', 'x'];

/** One process for ever: a pid is used again, the pair is not. */
export interface Target {
  readonly pid: number;
  /** Clock ticks from boot to the start of the process, as in its stat. */
  readonly startTime: bigint;
}

/** Whether a state letter of stat is that of a task which has ended. */
export function hasEnded(state: string): boolean {
  return ENDED.includes(state);
}

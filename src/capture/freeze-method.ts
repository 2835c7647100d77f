import { hasEnded, type Target } from './identity.js';
import type { ThreadStates } from './threads.js';

/** What processes are made to stand still by. */
export type FreezeMethod = 'signal' | 'cgroup';

/**
 * What a user asks for. `auto` is a signal for one process, which needs nothing and changes nothing about it; for several
 * it is the cgroup freezer, if that is to be had, since forks do not escape it.
 */
export type FreezeChoice = FreezeMethod | 'auto';

/** A way to make processes stand still together. It tells the guard of everything before it is done. */
export interface Brake {
  readonly method: FreezeMethod;
  /** Does all that can be done while they run. */
  prepare(targets: readonly Target[]): void;
  /** Makes them stand still, without waiting for it. */
  stop(targets: readonly Target[]): void;
  /** Whether processes that wait for others stand still all the same; else these must still run when those are stopped. */
  readonly stopsInAnyOrder: boolean;
  /** Which of its threads run still, as `1234 (D)`. */
  stillRunning(target: Target): string[];
  /** Whether threads that left their processor have run: a frozen one is woken by signals, and sleeps again. */
  readonly countsSwitches: boolean;
  /** Lets them run on. Never throws. */
  letGo(): void;
  /** Undoes the rest; returns whether all is as it was. Never throws. */
  cleanUp(): boolean;
}

const STOPPED: readonly string[] = ['T', 't'];

/** The threads that are neither stopped nor at their end. */
export function runningThreads(states: ThreadStates): string[] {
  return [...states]
    .filter(([, state]) => !STOPPED.includes(state) && !hasEnded(state))
    .map(([tid, state]) => `${String(tid)} (${state})`);
}

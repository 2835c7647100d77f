import { CaptureError } from '../format/errors.js';
import type { Registers } from '../format/model/registers.js';
import type { Guard } from './guard.js';
import { hasEnded, type Target } from './identity.js';
import { sendSignal } from './target.js';
import { readContextSwitches, readRegisters, readThreadStates, type ThreadStates } from './threads.js';

/** How long processes are waited for, unless told. */
export const FREEZE_TIMEOUT_MS = 10_000;
const POLL_MS = 0.2;
const STOPPED: readonly string[] = ['T', 't'];

function isStanding(state: string): boolean {
  return STOPPED.includes(state) || hasEnded(state);
}

/** The threads that still run, as `1234 (D)`. */
function stillRunning(states: ThreadStates): string[] {
  return [...states].filter(([, state]) => !isStanding(state)).map(([tid, state]) => `${String(tid)} (${state})`);
}

function sleepSync(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function waitUntilStopped(pid: number, timeoutMs: number): void {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const running = stillRunning(readThreadStates(pid));
    if (running.length === 0) return;
    if (performance.now() > deadline) {
      const what = `thread ${running.join(', ')} of process ${String(pid)} did not stop within ${String(timeoutMs)} ms`;
      throw new CaptureError('NOT_FROZEN', { what });
    }
    sleepSync(POLL_MS);
  }
}

function areEqual(a: ReadonlyMap<number, string>, b: ReadonlyMap<number, string>): boolean {
  return a.size === b.size && [...a].every(([tid, value]) => b.get(tid) === value);
}

/** A process that stands still, from SIGSTOP to SIGCONT. One that was stopped already is left so. */
export class Freeze {
  /** Whether somebody else had stopped the process before. */
  readonly wasStopped: boolean;
  /** State letters before the stop. */
  readonly statesBefore: ThreadStates;
  /** What is known of the registers of each thread, in order of thread ids. */
  readonly registers: ReadonlyMap<number, Registers>;
  readonly #target: Target;
  readonly #guard: Guard;
  readonly #contextSwitches: ReadonlyMap<number, string>;
  readonly #startedNs: bigint;
  #stoppedNs: bigint | undefined;
  #isHeld = true;

  /**
   * Stops all threads and waits for it, without giving way to the event loop.
   *
   * @throws {CaptureError} `NOT_FROZEN`, `TARGET_ENDED`, `NO_PERMISSION`; the process runs on then
   */
  constructor(target: Target, guard: Guard, timeoutMs: number) {
    this.#target = target;
    this.#guard = guard;
    this.statesBefore = readThreadStates(target.pid);
    this.wasStopped = stillRunning(this.statesBefore).length === 0;
    this.#startedNs = process.hrtime.bigint();
    try {
      if (!this.wasStopped) {
        guard.arm();
        sendSignal(target, 'SIGSTOP');
      }
      waitUntilStopped(target.pid, timeoutMs);
      // in this order: reading the registers waits for the last context switch
      this.registers = readRegisters(target.pid);
      this.#contextSwitches = readContextSwitches(target.pid);
    } catch (error) {
      this.resume();
      throw error;
    }
  }

  /** How long the process stood still for us; undefined before `resume`, or if it was stopped already. */
  get stoppedNs(): number | undefined {
    return this.#stoppedNs === undefined ? undefined : Number(this.#stoppedNs);
  }

  /** @throws {CaptureError} `TARGET_RAN` when a thread has run since the freeze */
  checkUndisturbed(): void {
    const pid = this.#target.pid;
    const isStopped = stillRunning(readThreadStates(pid)).length === 0;
    if (isStopped && areEqual(this.#contextSwitches, readContextSwitches(pid))) return;
    throw new CaptureError('TARGET_RAN', { what: `process ${String(pid)} was resumed while it was being captured` });
  }

  /** Lets the process run on, if we stopped it. Does nothing the second time, or if the process has ended. */
  resume(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    if (this.wasStopped) return;
    try {
      sendSignal(this.#target, 'SIGCONT');
    } catch {
      // it has ended: there is nobody to resume
    }
    this.#stoppedNs = process.hrtime.bigint() - this.#startedNs;
    this.#guard.disarm();
  }
}

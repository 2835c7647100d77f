import { CaptureError } from '../format/errors.js';
import type { Registers } from '../format/model/registers.js';
import { chooseBrake, type Chosen } from './freeze-choice.js';
import { runningThreads, type Brake, type FreezeChoice, type FreezeMethod } from './freeze-method.js';
import type { Guard } from './guard.js';
import type { Target } from './identity.js';
import { sleepSync } from './sleep.js';
import { StopDeadline } from './stop-deadline.js';
import { readContextSwitches, readRegisters, readThreadStates, type ThreadStates } from './threads.js';

const POLL_MS = 0.2;
const DEFAULT_TIMEOUT_MS = 10_000;

export interface FreezeOptions {
  /** Default `auto`. */
  readonly method?: FreezeChoice | undefined;
  /** How long to wait for every thread to stop. Default 10 000. */
  readonly timeoutMs?: number | undefined;
  /** How long the processes may stand still; the guard has to know it, too. Default: as long as it takes. */
  readonly maxStopMs?: number | undefined;
}

/** A process that stands still. */
export interface FrozenProcess {
  readonly target: Target;
  /** Whether somebody else had stopped it before; it is left so. */
  readonly wasStopped: boolean;
  /** State letters before the stop. */
  readonly statesBefore: ThreadStates;
  /** What is known of the registers of each thread, in order of thread ids. */
  readonly registers: ReadonlyMap<number, Registers>;
  readonly contextSwitches: ReadonlyMap<number, string>;
}

/** What is known of a process before it stands still. */
type Seen = Pick<FrozenProcess, 'target' | 'wasStopped' | 'statesBefore'>;

function see(target: Target): Seen {
  const statesBefore = readThreadStates(target.pid);
  return { target, statesBefore, wasStopped: runningThreads(statesBefore).length === 0 };
}

function areEqual(a: ReadonlyMap<number, string>, b: ReadonlyMap<number, string>): boolean {
  return a.size === b.size && [...a].every(([tid, value]) => b.get(tid) === value);
}

function ranError({ target }: FrozenProcess): CaptureError {
  const what = `process ${String(target.pid)} was resumed while it was being captured`;
  return new CaptureError('TARGET_RAN', { what });
}

/** Processes that stand still together, until `resume`. Those that were stopped already are left so. */
export class Freeze {
  /** By which way; undefined if there was nobody to stop. */
  readonly method: FreezeMethod | undefined;
  /** Why it is a signal, where `auto` would rather have taken a cgroup. */
  readonly fallbackReason: string | undefined;
  /** Until when; undefined without `maxStopMs`, and if there was nobody to stop. */
  readonly deadline: StopDeadline | undefined;
  readonly #brake: Brake;
  readonly #guard: Guard;
  readonly #timeoutMs: number;
  readonly #processes = new Map<number, FrozenProcess>();
  readonly #startedNs: bigint;
  #stoppedNs: bigint | undefined;
  #isHeld = true;

  /** Takes over a brake that is prepared for those of `seen` that run. Whoever it stopped runs on if this fails. */
  constructor(seen: readonly Seen[], { brake, fallbackReason }: Chosen, guard: Guard, options: FreezeOptions) {
    const running = seen.filter(({ wasStopped }) => !wasStopped).map(({ target }) => target);
    this.#brake = brake;
    this.#guard = guard;
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.method = running.length > 0 ? brake.method : undefined;
    this.fallbackReason = fallbackReason;
    this.#startedNs = process.hrtime.bigint();
    try {
      if (options.maxStopMs !== undefined && running.length > 0) {
        this.deadline = new StopDeadline(options.maxStopMs);
        guard.setDeadline(this.deadline.guardAtNs);
      }
      this.#stop(seen);
    } catch (error) {
      this.resume();
      throw error;
    }
  }

  /** Everybody that stands still, in the order given. */
  get processes(): readonly FrozenProcess[] {
    return [...this.#processes.values()];
  }

  /** Whether all of them were stopped before. */
  get wasStopped(): boolean {
    return this.processes.every(({ wasStopped }) => wasStopped);
  }

  /** How long they stood still for us; undefined before `resume`, or if all were stopped already. */
  get stoppedNs(): number | undefined {
    return this.#stoppedNs === undefined ? undefined : Number(this.#stoppedNs);
  }

  /** What was seen of one of them when it stood still. */
  of({ pid }: Target): FrozenProcess | undefined {
    return this.#processes.get(pid);
  }

  /**
   * Freezes further processes along with the others, such as children that were born meanwhile.
   *
   * @throws {CaptureError} as `freezeAll`; the others still stand then
   */
  add(targets: readonly Target[]): void {
    const seen = targets.filter((target) => !this.#processes.has(target.pid)).map(see);
    const running = seen.filter(({ wasStopped }) => !wasStopped).map(({ target }) => target);
    this.#brake.prepare(running);
    this.#stop(seen);
  }

  /** From now on it does not matter what becomes of one of them, which runs on with the others. */
  leaveOut({ pid }: Target): void {
    this.#processes.delete(pid);
  }

  /** @throws {CaptureError} `TARGET_RAN` when a thread has run since the freeze, `DEADLINE` */
  checkUndisturbed(): void {
    const disturbed = this.processes.find((one) => !this.#isUndisturbed(one));
    // what the guard did is no disturbance by others
    this.deadline?.check();
    if (disturbed) throw ranError(disturbed);
  }

  /** The same when the time is over, which is no error. @throws {CaptureError} `TARGET_RAN` */
  checkAtDeadline(): void {
    const disturbed = this.processes.find((one) => !this.#isUndisturbed(one));
    // the guard may have come first: nothing counts that was read since
    if (disturbed && this.deadline?.isOverForGuard !== true) throw ranError(disturbed);
  }

  /** Lets those run on that we stopped. Does nothing the second time, or for processes that have ended. */
  resume(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#brake.letGo();
    if (this.method !== undefined) this.#stoppedNs = process.hrtime.bigint() - this.#startedNs;
    // what could not be undone is left to the guard, which tries it when we are gone
    if (this.#brake.cleanUp()) this.#guard.disarm();
  }

  #stop(seen: readonly Seen[]): void {
    const groups = this.#brake.stopsInAnyOrder ? [seen] : seen.map((one) => [one]);
    for (const group of groups) {
      const running = group.filter(({ wasStopped }) => !wasStopped).map(({ target }) => target);
      if (running.length > 0) this.#brake.stop(running);
      this.#keep(group);
    }
  }

  #keep(seen: readonly Seen[]): void {
    const end = performance.now() + this.#timeoutMs;
    for (const one of seen) this.#waitUntilStill(one, end);
    for (const one of seen) {
      // in this order: reading the registers waits for the last context switch
      const registers = readRegisters(one.target.pid);
      const contextSwitches = readContextSwitches(one.target.pid);
      this.#processes.set(one.target.pid, { ...one, registers, contextSwitches });
    }
  }

  #stillRunning({ target, wasStopped }: Seen): string[] {
    return wasStopped ? runningThreads(readThreadStates(target.pid)) : this.#brake.stillRunning(target);
  }

  #waitUntilStill(one: Seen, end: number): void {
    for (;;) {
      const running = this.#stillRunning(one);
      if (running.length === 0) return;
      this.deadline?.check();
      if (performance.now() > end) throw this.#notFrozen(one, running);
      sleepSync(POLL_MS);
    }
  }

  #notFrozen({ target }: Seen, running: readonly string[]): CaptureError {
    const within = `within ${String(this.#timeoutMs)} ms`;
    const what = `thread ${running.join(', ')} of process ${String(target.pid)} did not stop ${within}`;
    return new CaptureError('NOT_FROZEN', { what });
  }

  #isUndisturbed(one: FrozenProcess): boolean {
    if (this.#stillRunning(one).length > 0) return false;
    if (!one.wasStopped && !this.#brake.countsSwitches) return true;
    return areEqual(one.contextSwitches, readContextSwitches(one.target.pid));
  }
}

/**
 * Stops all threads of all processes together and waits for it, without giving way to the event loop.
 *
 * @param targets parents in front of their children
 * @throws {CaptureError} `NOT_FROZEN`, `NO_FREEZER`, `DEADLINE`, `TARGET_ENDED`, `NO_PERMISSION`; all run on as before then
 * Source: spec/proc.md 6.
 */
export function freezeAll(targets: readonly Target[], guard: Guard, options: FreezeOptions = {}): Freeze {
  const seen = targets.map(see);
  const running = seen.filter(({ wasStopped }) => !wasStopped).map(({ target }) => target);
  return new Freeze(seen, chooseBrake(running, guard, options.method), guard, options);
}

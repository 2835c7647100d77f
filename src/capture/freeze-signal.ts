import type { Brake } from './freeze-method.js';
import { runningThreads } from './freeze-method.js';
import type { Guard } from './guard.js';
import type { Target } from './identity.js';
import { sendSignal } from './target.js';
import { readThreadStates } from './threads.js';

/** SIGSTOP and SIGCONT. Needs no more than the right to send signals; parents of the processes are told by waitpid. */
export class SignalBrake implements Brake {
  readonly method = 'signal';
  readonly countsSwitches = true;
  readonly stopsInAnyOrder = false;
  readonly #guard: Guard;
  readonly #stopped: Target[] = [];

  constructor(guard: Guard) {
    this.#guard = guard;
  }

  prepare(): void {
    // a signal needs nothing
  }

  stop(targets: readonly Target[]): void {
    for (const target of targets)
      this.#guard.arm({ undo: 'stop', pid: target.pid, startTime: String(target.startTime) });
    for (const target of targets) {
      this.#stopped.push(target);
      sendSignal(target, 'SIGSTOP');
    }
  }

  stillRunning(target: Target): string[] {
    return runningThreads(readThreadStates(target.pid));
  }

  letGo(): void {
    for (const target of this.#stopped) {
      try {
        sendSignal(target, 'SIGCONT');
      } catch {
        // it has ended: there is nobody to resume
      }
    }
  }

  cleanUp(): boolean {
    return true;
  }
}

import { CaptureError } from '../format/errors.js';

const NS_PER_MS = 1e6;
/** How much later than the capture the guard acts, so that it is the capture that does where it can. */
const GUARD_SLACK_NS = BigInt(10 * NS_PER_MS);

/** Until when processes may stand still for us. */
export class StopDeadline {
  /** By the clock of `process.hrtime`, which all threads and processes share. */
  readonly atNs: bigint;
  readonly #maxStopMs: number;

  /** Begins to count now. */
  constructor(maxStopMs: number) {
    this.#maxStopMs = maxStopMs;
    this.atNs = process.hrtime.bigint() + BigInt(Math.round(maxStopMs * NS_PER_MS));
  }

  /** When the guard lets them run on. */
  get guardAtNs(): bigint {
    return this.atNs + GUARD_SLACK_NS;
  }

  /** Not below 0. */
  get leftMs(): number {
    return Math.max(0, Number(this.atNs - process.hrtime.bigint()) / NS_PER_MS);
  }

  /** Whether the guard may have acted. */
  get isOverForGuard(): boolean {
    return process.hrtime.bigint() >= this.guardAtNs;
  }

  /** To be called after a read: what was read until then is of the moment of the stop. @throws {CaptureError} `DEADLINE` */
  check(): void {
    if (process.hrtime.bigint() < this.atNs) return;
    const what = `the capture would have kept the process standing still for more than ${String(this.#maxStopMs)} ms`;
    throw new CaptureError('DEADLINE', { what });
  }
}

import type { FormatError } from '../../errors.js';
import { limitFaults } from '../../linux-cr/faults.js';

/** Takes what is wrong with a stream: throws it, or reports it where somebody wants to hear all of it. */
export class FaultLog {
  readonly #onFault: ((fault: FormatError) => void) | undefined;
  #isCut = false;
  #count = 0;

  constructor(onFault: ((fault: FormatError) => void) | undefined) {
    this.#onFault = onFault && limitFaults(onFault);
  }

  /** Whether reading goes on behind faults. */
  get isLenient(): boolean {
    return this.#onFault !== undefined;
  }

  /** How many there were so far. */
  get count(): number {
    return this.#count;
  }

  /** @throws {FormatError} the fault itself, unless faults are collected */
  add(fault: FormatError): void {
    if (!this.#onFault) throw fault;
    this.#count++;
    // that the source ends is found once more by everything that wants to go on
    if (fault.code === 'TRUNCATED' && this.#isCut) return;
    this.#isCut ||= fault.code === 'TRUNCATED';
    this.#onFault(fault);
  }
}

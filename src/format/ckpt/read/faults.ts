import { FormatError, type At } from '../../errors.js';

const MAX_FAULTS = 10_000;

/** Takes what is wrong with a stream: throws it, or reports it where somebody wants to hear all of it. */
export class FaultLog {
  readonly #onFault: ((fault: FormatError) => void) | undefined;
  #count = 0;
  #isCut = false;

  constructor(onFault: ((fault: FormatError) => void) | undefined) {
    this.#onFault = onFault;
  }

  /** Whether reading goes on behind faults. */
  get isLenient(): boolean {
    return this.#onFault !== undefined;
  }

  /** @throws {FormatError} the fault itself, unless faults are collected */
  add(fault: FormatError): void {
    if (!this.#onFault) throw fault;
    // that the source ends is found once more by everything that wants to go on
    if (fault.code === 'TRUNCATED' && this.#isCut) return;
    this.#isCut ||= fault.code === 'TRUNCATED';
    this.#count++;
    if (this.#count <= MAX_FAULTS) this.#onFault(fault);
    else if (this.#count === MAX_FAULTS + 1) this.#onFault(tooMany(fault));
  }
}

function tooMany({ offset, path }: FormatError): FormatError {
  const at: Partial<At> = { ...(offset !== undefined && { offset }), ...(path !== undefined && { path }) };
  return new FormatError('UNSUPPORTED', { at, what: `more than ${String(MAX_FAULTS)} faults; the rest is not told` });
}

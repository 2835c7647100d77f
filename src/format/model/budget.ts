import { FormatError, type At } from '../errors.js';

/** What reading one image may take in memory. Counted roughly, before it is allocated. */
export class MemoryBudget {
  #leftBytes: number;

  constructor(limitBytes: number) {
    this.#leftBytes = limitBytes;
  }

  /** @throws {FormatError} `OVER_BUDGET` */
  take(bytes: number, what: string, at?: Partial<At>): void {
    this.#leftBytes -= bytes;
    if (this.#leftBytes >= 0) return;
    throw new FormatError('OVER_BUDGET', { at, what: `${what} do not fit the memory budget` });
  }
}

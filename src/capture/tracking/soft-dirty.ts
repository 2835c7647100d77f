import * as fs from 'node:fs';
import { errnoOf } from '../../format/errors.js';
import { procPath } from '../proc-file.js';
import { parseSmaps } from '../smaps.js';

/** What is written to clear_refs to clear the soft-dirty bits of all pages of a process. Source: spec/proc.md 2. */
const CLEAR_SOFT_DIRTY = '4';
const SOFT_DIRTY_CODE = 'sd';

/**
 * Whether this kernel keeps soft-dirty bits: it does if any mapping of ours has the flag. That clearing them succeeds
 * proves nothing.
 *
 * @param smaps of a process that nobody has cleared the bits of; our own unless told
 * Source: spec/proc.md 2.
 */
export function hasSoftDirty(smaps: Uint8Array = fs.readFileSync('/proc/self/smaps')): boolean {
  return parseSmaps(smaps).some(({ flagCodes }) => flagCodes.includes(SOFT_DIRTY_CODE));
}

/** The file that clears bits of a process, opened before it is stopped. */
export class BitClearer {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** Why it cannot be opened, where it cannot. */
  static open(pid: number): BitClearer | string {
    try {
      return new BitClearer(fs.openSync(procPath(pid, 'clear_refs'), 'w'));
    } catch (error) {
      return `clear_refs cannot be opened (${errnoOf(error) ?? String(error)})`;
    }
  }

  /** Clears the bits of all pages. @throws what the system says */
  clear(): void {
    fs.writeSync(this.#fd, CLEAR_SOFT_DIRTY, 0);
  }

  close(): void {
    fs.closeSync(this.#fd);
  }
}

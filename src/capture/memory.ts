import * as fs from 'node:fs';
import { MAX_CALL_BYTES } from '../format/bytes/file-source.js';
import type { ByteSource } from '../format/bytes/source.js';
import { CaptureError, errnoOf } from '../format/errors.js';
import { hasEnded, type Target } from './identity.js';
import { openProcFile, readIfThere, targetFailure } from './proc-file.js';
import { parseStat } from './stat.js';
import type { StopDeadline } from './stop-deadline.js';

/** User addresses end here on x86_64 with four levels of page tables. */
const ADDRESS_SPACE_BYTES = 2 ** 47;
/** The last page below that is never mapped: reading there tells a living address space (EIO) from a dead one (0). */
const NEVER_MAPPED = ADDRESS_SPACE_BYTES - 4096;
/** The longest read between two looks at the clock: about 2 ms. */
const TIMED_CALL_BYTES = 1 << 23;

/**
 * The memory of a process: the offset is the virtual address. Only pages that exist may be read; reading others would
 * make the kernel map something in the process.
 */
export class ProcessMemory implements ByteSource {
  readonly name: string;
  readonly size = ADDRESS_SPACE_BYTES;
  readonly isSeekable = true;
  readonly descriptor: number;
  readonly #target: Target;
  #isOpen = true;
  #deadline: StopDeadline | undefined;

  /**
   * Holds the address space that the process has now, also past an exec.
   *
   * @throws {CaptureError} `NO_PERMISSION`, `TARGET_ENDED`
   */
  constructor(target: Target) {
    this.name = `memory of process ${String(target.pid)}`;
    this.#target = target;
    this.descriptor = openProcFile(target.pid, 'mem');
  }

  /** From now on what is read after that time is an error: the process may run on by then. */
  setDeadline(deadline: StopDeadline | undefined): void {
    this.#deadline = deadline;
  }

  /** @throws {CaptureError} `TARGET_ENDED`, `TARGET_EXECED`, `DEADLINE`, `TARGET_CHANGED` when a page is not there */
  readSync(offset: number, into: Uint8Array): number {
    const filled = this.readUpTo(offset, into);
    if (filled === into.length) return filled;
    this.checkAlive();
    throw new CaptureError('TARGET_CHANGED', {
      at: { offset: offset + filled, path: '' },
      what: `a page of process ${String(this.#target.pid)} went away: address 0x${(offset + filled).toString(16)}`,
    });
  }

  read(offset: number, into: Uint8Array): Promise<number> {
    return new Promise((resolve) => {
      resolve(this.readSync(offset, into));
    });
  }

  /** Fills `into` as far as pages can be read; returns the count. @throws {CaptureError} `TARGET_ENDED`, `DEADLINE` */
  readUpTo(offset: number, into: Uint8Array): number {
    let filled = 0;
    while (filled < into.length) {
      const got = this.#readOnce(offset + filled, into, filled);
      this.#deadline?.check();
      if (got <= 0) break;
      filled += got;
    }
    return filled;
  }

  /** @throws {CaptureError} `TARGET_ENDED`, `TARGET_EXECED` when the address space is gone */
  checkAlive(): void {
    if (this.#readOnce(NEVER_MAPPED, new Uint8Array(1), 0) !== 0) return;
    const { pid } = this.#target;
    throw this.#hasAnotherProgram()
      ? new CaptureError('TARGET_EXECED', { what: `process ${String(pid)} executed another program` })
      : new CaptureError('TARGET_ENDED', { what: `process ${String(pid)} has ended` });
  }

  close(): Promise<void> {
    if (this.#isOpen) fs.closeSync(this.descriptor);
    this.#isOpen = false;
    return Promise.resolve();
  }

  /** Whether the same process lives on with an address space of another program; one that is just ending has none. */
  #hasAnotherProgram(): boolean {
    const { pid, startTime } = this.#target;
    const bytes = readIfThere(pid, 'stat');
    const stat = bytes && parseStat(bytes);
    if (stat?.startTime !== startTime || hasEnded(stat.state)) return false;
    const maps = readIfThere(pid, 'maps');
    return maps !== undefined && maps.length > 0;
  }

  /** Bytes read; 0 when the address space is gone, -1 when there is no page that can be read. */
  #readOnce(offset: number, into: Uint8Array, filled: number): number {
    try {
      const most = this.#deadline ? TIMED_CALL_BYTES : MAX_CALL_BYTES;
      return fs.readSync(this.descriptor, into, filled, Math.min(into.length - filled, most), offset);
    } catch (cause) {
      if (errnoOf(cause) === 'EIO') return -1;
      throw targetFailure(this.#target.pid, 'reading memory', cause);
    }
  }
}

import * as fs from 'node:fs';
import { preadFully } from '../format/bytes/file-source.js';
import { CaptureError } from '../format/errors.js';
import { openProcFile, targetFailure } from './proc-file.js';

const ENTRY_BYTES = 8;
const WORDS_PER_ENTRY = 2;
/** What of the upper word of an entry a class is looked up by: its top byte. */
const FLAGS_SHIFT = 24;

/** Pages that one read covers: 32 MiB of memory, 64 KiB of entries, which stay in the processor's cache. */
export const BLOCK_PAGES = 8192;

/** Takes a run of pages of one class; `vpn` ascends. */
export type TakeRun = (pageClass: number, vpn: number, nrPages: number) => void;

/** /proc/PID/pagemap of the address space that the process had when it was opened. */
export class Pagemap {
  readonly #pid: number;
  readonly #fd: number;
  readonly #bytes = new Uint8Array(BLOCK_PAGES * ENTRY_BYTES);
  readonly #words = new Uint32Array(this.#bytes.buffer);

  /** @throws {CaptureError} `NO_PERMISSION`, `TARGET_ENDED` */
  constructor(pid: number) {
    this.#pid = pid;
    this.#fd = openProcFile(pid, 'pagemap');
  }

  /**
   * Calls `take` for each run of pages in `[startVpn, endVpn)` whose class is not 0. Runs end where blocks do.
   *
   * @param classes class of a page by the top byte of its entry
   * @param shift   how far the upper word of an entry is shifted for that; less where classes depend on more bits
   * @throws {CaptureError} `TARGET_ENDED` when the address space is gone
   */
  scan(startVpn: number, endVpn: number, classes: Uint8Array, take: TakeRun, shift = FLAGS_SHIFT): void {
    for (let vpn = startVpn; vpn < endVpn; vpn += BLOCK_PAGES) {
      const nrPages = Math.min(BLOCK_PAGES, endVpn - vpn);
      this.#read(vpn, nrPages);
      emitRuns(this.#words, nrPages, { classes, shift }, vpn, take);
    }
  }

  close(): void {
    fs.closeSync(this.#fd);
  }

  #read(vpn: number, nrPages: number): void {
    const into = this.#bytes.subarray(0, nrPages * ENTRY_BYTES);
    if (this.#readFully(vpn, into) === into.length) return;
    throw new CaptureError('TARGET_ENDED', { what: `the address space of process ${String(this.#pid)} is gone` });
  }

  #readFully(vpn: number, into: Uint8Array): number {
    try {
      return preadFully(this.#fd, vpn * ENTRY_BYTES, into);
    } catch (cause) {
      throw targetFailure(this.#pid, 'reading pagemap', cause);
    }
  }
}

/** How the class of a page is looked up. */
interface ClassTable {
  readonly classes: Uint8Array;
  readonly shift: number;
}

function emitRuns(words: Uint32Array, nrPages: number, table: ClassTable, firstVpn: number, take: TakeRun): void {
  const { classes, shift } = table;
  let current = 0;
  let start = 0;
  for (let i = 0; i < nrPages; i++) {
    const pageClass = classes[(words[i * WORDS_PER_ENTRY + 1] ?? 0) >>> shift] ?? 0;
    if (pageClass === current) continue;
    if (current !== 0) take(current, firstVpn + start, i - start);
    current = pageClass;
    start = i;
  }
  if (current !== 0) take(current, firstVpn + start, nrPages - start);
}

const WIDTH = 30;
const EVERY_MS = 100;
/** Shorter work than this shows no bar. */
const FIRST_MS = 300;
const ERASE_LINE = '\r\x1b[K';

/** A bar on standard error, only when that is a terminal. */
export class Progress {
  readonly #what: string;
  readonly #isShown = process.stderr.isTTY;
  #nextAt = performance.now() + FIRST_MS;
  #isDrawn = false;

  constructor(what: string) {
    this.#what = what;
  }

  show(doneBytes: number, totalBytes: number): void {
    if (!this.#isShown || performance.now() < this.#nextAt) return;
    this.#nextAt = performance.now() + EVERY_MS;
    this.#isDrawn = true;
    const part = totalBytes > 0 ? Math.min(1, doneBytes / totalBytes) : 1;
    const bar = '#'.repeat(Math.round(part * WIDTH)).padEnd(WIDTH, '.');
    process.stderr.write(`${ERASE_LINE}${this.#what} [${bar}] ${String(Math.floor(part * 100))} %`);
  }

  /** Takes the bar away. */
  done(): void {
    if (this.#isDrawn) process.stderr.write(ERASE_LINE);
    this.#isDrawn = false;
  }
}

import { equalRanges } from '../../format/bytes/fast-bytes.js';
import { fill, type ByteSource } from '../../format/bytes/source.js';
import { nextTurn } from '../../format/bytes/turn.js';
import { PAGE_BYTES } from '../../format/model/page.js';

/** What is read at once on either side. */
const PIECE_PAGES = 256;
const PIECE_BYTES = PIECE_PAGES * PAGE_BYTES;
/** How much is compared before the event loop has a turn. */
const BYTES_PER_TURN = 64 * 1024 * 1024;

/** Takes some pages of a run, by their place in it, that are the same on both sides, or not. */
export type TakeCompared = (isSame: boolean, firstPage: number, nrPages: number) => void;

/** Pages, and where both sides have them. */
export interface ComparedRun {
  readonly nrPages: number;
  readonly nowOffset: number;
  readonly thenOffset: number;
}

/** Bytes of a source that are in a buffer. */
interface Window {
  readonly source: ByteSource | undefined;
  readonly offset: number;
  readonly length: number;
}

/** Compares pages that are there now with what an earlier copy has of them. Its buffers are made once. */
export class PageComparer {
  readonly #signal: AbortSignal | undefined;
  readonly #now = new Uint8Array(PIECE_BYTES);
  readonly #then = new Uint8Array(PIECE_BYTES);
  /** What lies in `#then`. */
  #window: Window = { source: undefined, offset: 0, length: 0 };
  #sinceTurnBytes = 0;
  #comparedPages = 0;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** Pages that were compared. */
  get comparedPages(): number {
    return this.#comparedPages;
  }

  /**
   * Compares all pages of a run, ascending.
   *
   * @throws what reading either side throws; the reason of the signal
   */
  async compare(now: ByteSource, then: ByteSource, run: ComparedRun, take: TakeCompared): Promise<void> {
    for (let firstPage = 0; firstPage < run.nrPages; firstPage += PIECE_PAGES) {
      const nrPages = Math.min(PIECE_PAGES, run.nrPages - firstPage);
      const bytes = nrPages * PAGE_BYTES;
      const within = firstPage * PAGE_BYTES;
      const reading = fill(now, run.nowOffset + within, this.#now.subarray(0, bytes));
      const got = typeof reading === 'number' ? reading : await reading;
      const at = await this.#load(then, run.thenOffset + within, bytes);
      if (got === bytes && at !== undefined) this.#emit(firstPage, nrPages, at, take);
      else take(false, firstPage, nrPages);
      this.#comparedPages += nrPages;
      await this.#giveWay(bytes);
    }
  }

  async #giveWay(bytes: number): Promise<void> {
    this.#sinceTurnBytes += bytes;
    if (this.#sinceTurnBytes < BYTES_PER_TURN) return;
    this.#sinceTurnBytes = 0;
    await nextTurn();
    this.#signal?.throwIfAborted();
  }

  /** Where in `#then` the bytes are; undefined where the source ends before. */
  async #load(source: ByteSource, offset: number, bytes: number): Promise<number | undefined> {
    const window = this.#window;
    if (source !== window.source || offset < window.offset || offset + bytes > window.offset + window.length) {
      const reading = fill(source, offset, this.#then);
      const length = typeof reading === 'number' ? reading : await reading;
      this.#window = { source, offset, length };
    }
    const at = offset - this.#window.offset;
    return at + bytes <= this.#window.length ? at : undefined;
  }

  #emit(firstPage: number, nrPages: number, at: number, take: TakeCompared): void {
    if (equalRanges(this.#now, 0, this.#then, at, nrPages * PAGE_BYTES)) {
      take(true, firstPage, nrPages);
      return;
    }
    let start = 0;
    let isSame = this.#isSame(0, at);
    for (let page = 1; page <= nrPages; page++) {
      if (page < nrPages && this.#isSame(page, at) === isSame) continue;
      take(isSame, firstPage + start, page - start);
      start = page;
      isSame = !isSame;
    }
  }

  #isSame(page: number, at: number): boolean {
    return equalRanges(this.#now, page * PAGE_BYTES, this.#then, at + page * PAGE_BYTES, PAGE_BYTES);
  }
}

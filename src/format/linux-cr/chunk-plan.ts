import { PAGE_BYTES } from '../model/page.js';
import type { PageRuns } from '../model/page-runs.js';

const PAGES_PER_HIGH_WORD = 2 ** 20;
const HIGH_WORD = 2 ** 32;

/** Cuts page runs into chunks; each is a list of runs again, in columns that the next chunk reuses. */
export class ChunkPlan {
  readonly vpn: Float64Array;
  readonly nrPages: Uint32Array;
  readonly offset: Float64Array;
  count = 0;
  totalPages = 0;
  readonly #runs: PageRuns;
  readonly #limit: number;
  #run = 0;
  #within = 0;

  constructor(runs: PageRuns, limit: number) {
    const columns = Math.min(limit, runs.count);
    this.vpn = new Float64Array(columns);
    this.nrPages = new Uint32Array(columns);
    this.offset = new Float64Array(columns);
    this.#runs = runs;
    this.#limit = limit;
  }

  /** Moves on to the next chunk; false when there is none. */
  next(): boolean {
    this.count = 0;
    this.totalPages = 0;
    while (this.totalPages < this.#limit && this.#run < this.#runs.count) this.#addSegment();
    return this.totalPages > 0;
  }

  #addSegment(): void {
    const left = (this.#runs.nrPages[this.#run] ?? 0) - this.#within;
    const pages = Math.min(left, this.#limit - this.totalPages);
    this.vpn[this.count] = (this.#runs.vpn[this.#run] ?? 0) + this.#within;
    this.nrPages[this.count] = pages;
    this.offset[this.count] = (this.#runs.offset[this.#run] ?? 0) + this.#within * PAGE_BYTES;
    this.count++;
    this.totalPages += pages;
    this.#within = pages === left ? 0 : this.#within + pages;
    if (pages === left) this.#run++;
  }
}

/** The address array of a chunk, as 32-bit words. */
export function addressWords(chunk: PageRuns, wordBytes: 4 | 8): Uint32Array {
  return wordsOf(chunk, wordBytes, PAGES_PER_HIGH_WORD, PAGE_BYTES);
}

/** The array of a chunk whose `vpn` are indices into shared memory. */
export function indexWords(chunk: PageRuns, wordBytes: 4 | 8): Uint32Array {
  return wordsOf(chunk, wordBytes, HIGH_WORD, 1);
}

function wordsOf(chunk: PageRuns, wordBytes: 4 | 8, perHighWord: number, unit: number): Uint32Array {
  const words = new Uint32Array((chunk.totalPages * wordBytes) / 4);
  let i = 0;
  for (let run = 0; run < chunk.count; run++) {
    const start = chunk.vpn[run] ?? 0;
    const end = start + (chunk.nrPages[run] ?? 0);
    for (let vpn = start; vpn < end; vpn++) {
      words[i++] = (vpn % perHighWord) * unit;
      if (wordBytes === 8) words[i++] = vpn / perHighWord;
    }
  }
  return words;
}

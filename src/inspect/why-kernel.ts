import type { Kernel } from '../format/bytes/crew.js';
import { equalRanges } from '../format/bytes/fast-bytes.js';
import { PAGE_BYTES } from '../format/model/page.js';

/** What is looked for in memory: a page like this one, and words that are an address in it. */
export interface WhyParameters {
  /** The contents of the page; undefined where they are not known. */
  readonly page: Uint8Array | undefined;
  /** Bytes in a word; 0 where words are no addresses of the same memory. */
  readonly wordBytes: 0 | 4 | 8;
  /** The address, in halves. */
  readonly low: number;
  readonly high: number;
  /** Most matches of each sort that are told with their place. */
  readonly limit: number;
}

/** Matches of one sort: all of them counted, the first ones with their place in the buffer in bytes. */
export interface Matches {
  readonly count: number;
  readonly at: readonly number[];
}

export interface WhyMatches {
  readonly equalPages: Matches;
  /** Words that are the address. */
  readonly exact: Matches;
  /** Words that are another address in its page. */
  readonly near: Matches;
}

const WORD_HALF = Uint32Array.BYTES_PER_ELEMENT;
const PAGE_MASK = -PAGE_BYTES;

class Collected implements Matches {
  count = 0;
  readonly at: number[] = [];
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(at: number): void {
    if (this.count++ < this.#limit) this.at.push(at);
  }
}

/** The buffer as 32-bit halves; a copy where it does not lie on a multiple of 4. x86 and every host here are little-endian. */
function halvesOf(bytes: Uint8Array): Uint32Array {
  const { buffer, byteOffset, length } = isOnWord(bytes) ? bytes : bytes.slice();
  return new Uint32Array(buffer, byteOffset, Math.floor(length / WORD_HALF));
}

function isOnWord({ byteOffset }: Uint8Array): boolean {
  return byteOffset % WORD_HALF === 0;
}

function findPages(bytes: Uint8Array, halves: Uint32Array, page: Uint8Array, found: Collected): void {
  const [first, second] = halvesOf(page);
  const step = PAGE_BYTES / WORD_HALF;
  for (let i = 0; i + step <= halves.length; i += step) {
    if (halves[i] !== first || halves[i + 1] !== second) continue;
    if (equalRanges(bytes, i * WORD_HALF, page, 0, PAGE_BYTES)) found.add(i * WORD_HALF);
  }
}

function findPointers(
  halves: Uint32Array,
  { wordBytes, low, high }: WhyParameters,
  exact: Collected,
  near: Collected,
): void {
  const pageLow = low & PAGE_MASK;
  const step = wordBytes / WORD_HALF;
  // the lower half tells more: the upper one is alike in most pointers
  for (let i = 0; i < halves.length; i += step) {
    const half = halves[i] ?? 0;
    if ((half & PAGE_MASK) !== pageLow) continue;
    if (step > 1 && halves[i + 1] !== high) continue;
    (half === low ? exact : near).add(i * WORD_HALF);
  }
}

/** One pass over whole pages. The buffer is that of the only read plan. */
export const WHY_KERNEL: Kernel<WhyParameters, WhyMatches> = {
  name: 'why',
  run: (parameters, [bytes]) => {
    const { page, wordBytes, high, limit } = parameters;
    const [equalPages, exact, near] = [new Collected(limit), new Collected(limit), new Collected(limit)];
    const matches = (): WhyMatches => ({ equalPages: plain(equalPages), exact: plain(exact), near: plain(near) });
    if (bytes === undefined) return matches();
    const halves = halvesOf(bytes);
    if (page) findPages(bytes, halves, page, equalPages);
    // words of 4 bytes reach no address above 4 GiB
    if (wordBytes > WORD_HALF || (wordBytes > 0 && high === 0)) findPointers(halves, parameters, exact, near);
    return matches();
  },
};

function plain({ count, at }: Matches): Matches {
  return { count, at };
}

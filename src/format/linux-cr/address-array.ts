import { FormatError, type At, type FormatCode } from '../errors.js';
import { hexNumber } from '../layout/unit.js';
import { PAGE_BYTES, vaddrOf } from '../model/page.js';
import type { PageRunsBuilder, RunsMark } from '../model/page-runs.js';
import { EVEN_HIGH_WORDS, endOfDoubles, endOfRun, numberArray, type NumberArray } from './neighbours.js';

const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
const WORD_BITS = 32;
const PAGE_SHIFT = 12;

/** The pages of a mapping, half open. */
export interface VpnRange {
  readonly startVpn: number;
  readonly endVpn: number;
}

/** Bytes as 32-bit words: in place where they are aligned, else copied into `block`. */
export function wordsOf(bytes: Uint8Array, block: BigUint64Array): Int32Array {
  const count = bytes.length / WORD_BYTES;
  if (bytes.byteOffset % WORD_BYTES === 0) return new Int32Array(bytes.buffer, bytes.byteOffset, count);
  new Uint8Array(block.buffer).set(bytes);
  return new Int32Array(block.buffer, 0, count);
}

/** The address at word `i` of an address array. */
export function addressAt(words: Int32Array, i: number, wordBytes: 4 | 8): bigint {
  const low = BigInt((words[i] ?? 0) >>> 0);
  return wordBytes === 4 ? low : (BigInt((words[i + 1] ?? 0) >>> 0) << 32n) | low;
}

/** How the pages of a mapping are numbered in arrays. */
interface Numbering {
  /** Bits of a number below those of the page; they must be 0. */
  readonly shift: number;
  /** Says what is wrong with page `vpn`, which has `below` in those bits and comes behind page `last`. */
  readonly failure: (pages: VpnRange, vpn: number, below: number, last: number) => Failure;
}

interface Failure {
  readonly code: FormatCode;
  readonly what: string;
  readonly expected: string;
  readonly actual: string | number;
}

const ADDRESSES: Numbering = {
  shift: PAGE_SHIFT,
  failure: ({ startVpn, endVpn }, vpn, below, last) => {
    const facts = { what: 'page address', actual: hexNumber(vaddrOf(vpn) + BigInt(below)) };
    if (below !== 0) return { ...facts, code: 'ADDRESS_UNALIGNED', expected: `a multiple of ${String(PAGE_BYTES)}` };
    if (vpn >= startVpn && vpn < endVpn)
      return { ...facts, code: 'ADDRESS_ORDER', expected: `above ${hexNumber(vaddrOf(last))}` };
    const [start, end] = [hexNumber(vaddrOf(startVpn)), hexNumber(vaddrOf(endVpn))];
    return { ...facts, code: 'ADDRESS_OUT_OF_VMA', expected: `${start} or more, below ${end}` };
  },
};

const INDICES: Numbering = {
  shift: 0,
  failure: ({ endVpn }, index, _below, last) => {
    const facts = { what: 'page index', actual: index };
    if (index < endVpn) return { ...facts, code: 'ADDRESS_ORDER', expected: `above ${String(last)}` };
    return { ...facts, code: 'ADDRESS_OUT_OF_VMA', expected: `below ${String(endVpn)}` };
  },
};

/** How far a reader is, to go back to. */
export interface ReaderMark {
  readonly last: number;
  readonly runs: RunsMark;
}

/** Turns the arrays of one mapping into page runs, array after array. */
export class PageReader {
  readonly #numbering: Numbering;
  readonly #pages: VpnRange;
  readonly #runs: PageRunsBuilder;
  #last: number;

  constructor(numbering: Numbering, pages: VpnRange, runs: PageRunsBuilder) {
    this.#numbering = numbering;
    this.#pages = pages;
    this.#runs = runs;
    this.#last = pages.startVpn - 1;
  }

  /**
   * Adds the pages of one array, whose contents lie one after the other from `contentsOffset` on.
   *
   * @param words  the array as 32-bit words, one or two a page
   * @param at     offset of the array and path of the chunk
   * @throws {FormatError} `ADDRESS_UNALIGNED`, `ADDRESS_ORDER`, `ADDRESS_OUT_OF_VMA`, at the page in question
   */
  add(words: Int32Array, wordBytes: 4 | 8, contentsOffset: number, at: At): void {
    const { shift } = this.#numbering;
    const array = numberArray(words, wordBytes, 2 ** shift);
    const wordsPerPage = wordBytes / WORD_BYTES;
    const { endVpn } = this.#pages;
    for (let i = wordsPerPage * this.#addDoubles(array, contentsOffset); i < words.length;) {
      const next = endOfRun(array, i);
      const low = (words[i] ?? 0) >>> 0;
      const high = wordsPerPage === 2 ? (words[i + 1] ?? 0) >>> 0 : 0;
      const vpn = high * 2 ** (WORD_BITS - shift) + (low >>> shift);
      const pages = (next - i) / wordsPerPage;
      const contents = contentsOffset + (i / wordsPerPage) * PAGE_BYTES;
      const below = low & (2 ** shift - 1);
      if (below !== 0 || vpn <= this.#last) throw this.#error(vpn, below, at, i);
      if (vpn + pages > endVpn) {
        const outside = Math.max(vpn, endVpn);
        // who collects faults keeps the pages before this one
        if (outside > vpn) this.#runs.add(vpn, outside - vpn, contents);
        throw this.#error(outside, 0, at, i + (outside - vpn) * wordsPerPage);
      }
      this.#runs.add(vpn, pages, contents);
      this.#last = vpn + pages - 1;
      i = next;
    }
  }

  /**
   * Adds pages as long as they are in order and their numbers can be compared as doubles; returns how many. What is here
   * is a matter of nanoseconds: of a fragmented image there are millions of runs.
   */
  #addDoubles({ words, doubles, doublesStep }: NumberArray, contentsOffset: number): number {
    if (!doubles) return 0;
    const { shift } = this.#numbering;
    const mask = 2 ** shift - 1;
    const highWordPages = 2 ** (WORD_BITS - shift);
    const { endVpn } = this.#pages;
    const runs = this.#runs;
    const { vpn, nrPages, offset, count } = runs.room(doubles.length);
    let run = count;
    let last = this.#last;
    let pages = 0;
    let added = 0;
    for (let i = 0; i < doubles.length;) {
      const next = endOfDoubles(doubles, i, doublesStep);
      const low = (words[2 * i] ?? 0) >>> 0;
      const high = (words[2 * i + 1] ?? 0) >>> 0;
      const first = high * highWordPages + (low >>> shift);
      const end = first + next - i;
      if (high >= EVEN_HIGH_WORDS || (low & mask) !== 0 || first <= last || end > endVpn) break;
      // only the first can go on with what was there before
      if (i === 0) {
        runs.add(first, next, contentsOffset);
        run = runs.count;
        added = next;
      } else {
        vpn[run] = first;
        nrPages[run] = next - i;
        offset[run] = contentsOffset + i * PAGE_BYTES;
        run++;
      }
      last = end - 1;
      pages = next;
      i = next;
    }
    runs.fill(run, pages - added);
    this.#last = last;
    return pages;
  }

  /** To undo what is added from here on. */
  mark(): ReaderMark {
    return { last: this.#last, runs: this.#runs.mark() };
  }

  undo({ last, runs }: ReaderMark): void {
    this.#last = last;
    this.#runs.undo(runs);
  }

  #error(vpn: number, below: number, { offset, path }: At, word: number): FormatError {
    const { code, ...facts } = this.#numbering.failure(this.#pages, vpn, below, this.#last);
    return new FormatError(code, { at: { offset: offset + word * WORD_BYTES, path }, ...facts });
  }
}

/** Reads arrays of the addresses of a mapping's pages. */
export function addressReader(range: VpnRange, runs: PageRunsBuilder): PageReader {
  return new PageReader(ADDRESSES, range, runs);
}

/** Reads arrays of page indices: of shared memory of so many pages, which have no address of their own. */
export function indexReader(pages: number, runs: PageRunsBuilder): PageReader {
  return new PageReader(INDICES, { startVpn: 0, endVpn: pages }, runs);
}

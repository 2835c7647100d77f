import { FormatError, type At, type FormatCode } from '../errors.js';
import { hexNumber } from '../layout/unit.js';
import { PAGE_BYTES, vaddrOf } from '../model/page.js';
import type { PageRunsBuilder } from '../model/page-runs.js';

const PAGE_MASK = PAGE_BYTES - 1;
const PAGE_SHIFT = 12;
/** Page numbers in the upper half of a 64-bit address. */
const HIGH_WORD_PAGES = 2 ** (32 - PAGE_SHIFT);

/** The pages of a mapping, half open. */
export interface VpnRange {
  readonly startVpn: number;
  readonly endVpn: number;
}

/** Bytes as 32-bit words: in place where they are aligned, else copied into `block`. */
export function wordsOf(bytes: Uint8Array, block: BigUint64Array): Int32Array {
  const count = bytes.length / Int32Array.BYTES_PER_ELEMENT;
  if (bytes.byteOffset % Int32Array.BYTES_PER_ELEMENT === 0)
    return new Int32Array(bytes.buffer, bytes.byteOffset, count);
  new Uint8Array(block.buffer).set(bytes);
  return new Int32Array(block.buffer, 0, count);
}

/** The address at word `i` of an address array. */
export function addressAt(words: Int32Array, i: number, wordBytes: 4 | 8): bigint {
  const low = BigInt((words[i] ?? 0) >>> 0);
  return wordBytes === 4 ? low : (BigInt((words[i + 1] ?? 0) >>> 0) << 32n) | low;
}

/** Where the run of neighbours ends that starts at word `i`. The loop compares 32-bit integers and nothing else. */
function endOfRun32(words: Int32Array, i: number): number {
  let low = ((words[i] ?? 0) + PAGE_BYTES) | 0;
  let next = i + 1;
  while (low !== 0 && next < words.length && words[next] === low) {
    low = (low + PAGE_BYTES) | 0;
    next++;
  }
  return next;
}

/**
 * The same for 64-bit addresses, four at a time as long as that goes. A run ends where the upper word changes; the
 * builder joins the two.
 */
function endOfRun64(words: Int32Array, i: number): number {
  const high = words[i + 1] ?? 0;
  const blockEnd = words.length - 7;
  let low = ((words[i] ?? 0) + PAGE_BYTES) | 0;
  let next = i + 2;
  for (; next < blockEnd && !differs64(words, next, low, high); next += 8) low = (low + 4 * PAGE_BYTES) | 0;
  while (low !== 0 && next < words.length && words[next] === low && words[next + 1] === high) {
    low = (low + PAGE_BYTES) | 0;
    next += 2;
  }
  return next;
}

/** Whether any of four addresses is not the neighbour of the one before. */
function differs64(words: Int32Array, i: number, low: number, high: number): boolean {
  const lows =
    ((words[i] ?? 0) ^ low) |
    ((words[i + 2] ?? 0) ^ (low + PAGE_BYTES)) |
    ((words[i + 4] ?? 0) ^ (low + 2 * PAGE_BYTES)) |
    ((words[i + 6] ?? 0) ^ (low + 3 * PAGE_BYTES));
  const highs =
    ((words[i + 1] ?? 0) ^ high) |
    ((words[i + 3] ?? 0) ^ high) |
    ((words[i + 5] ?? 0) ^ high) |
    ((words[i + 7] ?? 0) ^ high);
  return (lows | highs) !== 0;
}

/** Turns the address arrays of one VMA into page runs, array after array. */
export class AddressReader {
  readonly #startVpn: number;
  readonly #endVpn: number;
  readonly #runs: PageRunsBuilder;
  #last: number;

  constructor({ startVpn, endVpn }: VpnRange, runs: PageRunsBuilder) {
    this.#startVpn = startVpn;
    this.#endVpn = endVpn;
    this.#runs = runs;
    this.#last = startVpn - 1;
  }

  /**
   * Adds the pages of one array, whose contents lie one after the other from `contentsOffset` on.
   *
   * @param words  the array as 32-bit words, one or two an address
   * @param at     offset of the array and path of the chunk
   * @throws {FormatError} `ADDRESS_UNALIGNED`, `ADDRESS_ORDER`, `ADDRESS_OUT_OF_VMA`, at the address in question
   */
  add(words: Int32Array, wordBytes: 4 | 8, contentsOffset: number, at: At): void {
    const step = wordBytes / 4;
    for (let i = 0; i < words.length;) {
      const next = step === 2 ? endOfRun64(words, i) : endOfRun32(words, i);
      const low = (words[i] ?? 0) >>> 0;
      const high = step === 2 ? (words[i + 1] ?? 0) >>> 0 : 0;
      const vpn = high * HIGH_WORD_PAGES + (low >>> PAGE_SHIFT);
      const pages = (next - i) / step;
      if ((low & PAGE_MASK) !== 0 || vpn <= this.#last) this.#fail(low, vpn, at.offset + i * 4, at.path);
      if (vpn + pages > this.#endVpn) {
        const outside = Math.max(vpn, this.#endVpn);
        // who collects faults keeps the pages before this one
        if (outside > vpn) this.#runs.add(vpn, outside - vpn, contentsOffset + (i / step) * PAGE_BYTES);
        this.#fail(0, outside, at.offset + i * 4 + (outside - vpn) * wordBytes, at.path);
      }
      this.#runs.add(vpn, pages, contentsOffset + (i / step) * PAGE_BYTES);
      this.#last = vpn + pages - 1;
      i = next;
    }
  }

  #fail(low: number, vpn: number, offset: number, path: string): never {
    const actual = hexNumber(vaddrOf(vpn) + BigInt(low & PAGE_MASK));
    const isInside = vpn >= this.#startVpn && vpn < this.#endVpn;
    const [start, end] = [hexNumber(vaddrOf(this.#startVpn)), hexNumber(vaddrOf(this.#endVpn))];
    const [code, expected]: [FormatCode, string] =
      (low & PAGE_MASK) !== 0
        ? ['ADDRESS_UNALIGNED', `a multiple of ${String(PAGE_BYTES)}`]
        : isInside
          ? ['ADDRESS_ORDER', `above ${hexNumber(vaddrOf(this.#last))}`]
          : ['ADDRESS_OUT_OF_VMA', `${start} or more, below ${end}`];
    throw new FormatError(code, { at: { offset, path }, what: 'page address', expected, actual });
  }
}

/** Turns arrays of page indices into page runs: of shared memory, whose pages have no address of their own. */
export class IndexReader {
  readonly #endIndex: number;
  readonly #runs: PageRunsBuilder;
  #last = -1;

  /** @param pages  how many the object has */
  constructor(pages: number, runs: PageRunsBuilder) {
    this.#endIndex = pages;
    this.#runs = runs;
  }

  /**
   * Adds the pages of one array; parameters as of `AddressReader.add`.
   *
   * @throws {FormatError} `ADDRESS_ORDER`, `ADDRESS_OUT_OF_VMA`, at the index in question
   */
  add(words: Int32Array, wordBytes: 4 | 8, contentsOffset: number, at: At): void {
    const step = wordBytes / 4;
    for (let i = 0; i < words.length; i += step) {
      const index = indexAt(words, i, step);
      if (index <= this.#last || index >= this.#endIndex) this.#fail(index, { ...at, offset: at.offset + i * 4 });
      this.#runs.add(index, 1, contentsOffset + (i / step) * PAGE_BYTES);
      this.#last = index;
    }
  }

  #fail(index: number, at: At): never {
    const isInside = index < this.#endIndex;
    const expected = isInside ? `above ${String(this.#last)}` : `below ${String(this.#endIndex)}`;
    const code = isInside ? 'ADDRESS_ORDER' : 'ADDRESS_OUT_OF_VMA';
    throw new FormatError(code, { at, what: 'page index', expected, actual: index });
  }
}

function indexAt(words: Int32Array, i: number, step: number): number {
  const low = (words[i] ?? 0) >>> 0;
  return step === 1 ? low : ((words[i + 1] ?? 0) >>> 0) * 2 ** 32 + low;
}

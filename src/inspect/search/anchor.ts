import { indexOfBytes } from '../../format/bytes/fast-bytes.js';
import type { BytesPattern } from './pattern.js';

const EXACT = 0xff;
const BYTE_VALUES = 256;
/** From 8 bytes on, Buffer.indexOf takes a way that is six times slower where bytes are random. */
const LONGEST_NEEDLE = 7;
/** Anchors further inside a pattern are not tried. */
const FARTHEST_START = 64;
const SAMPLES = 1024;
/** What a hit of the needle costs, in hits of its first byte: we are called for it. */
const HIT_COST = 20;

/** Byte strings that are looked for at the same time. */
const MOST_VARIANTS = 4;

/** A part of a pattern that is looked for first: one of these byte strings, `at` bytes behind the start of a match. */
export interface Anchor {
  readonly at: number;
  readonly needles: readonly Uint8Array[];
}

/** How often each byte is found in some places of `bytes`, never 0. */
function sampleBytes(bytes: Uint8Array): Float64Array {
  const shares = new Float64Array(BYTE_VALUES).fill(1 / BYTE_VALUES);
  const step = Math.max(1, Math.floor(bytes.length / SAMPLES)) | 1;
  for (let i = 0; i < bytes.length; i += step) {
    const byte = bytes[i] ?? 0;
    shares[byte] = (shares[byte] ?? 0) + 1;
  }
  const total = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => share / total);
}

/** Exact bytes of the pattern from `start` on, as many as are looked for at once. */
function exactFrom({ bytes, mask }: BytesPattern, start: number): Uint8Array {
  let end = start;
  while (end - start < LONGEST_NEEDLE && mask[end] === EXACT) end++;
  return bytes.subarray(start, end);
}

function cost(needle: Uint8Array, shares: Float64Array): number {
  const share = (byte: number): number => shares[byte] ?? 0;
  const all = needle.reduce((product, byte) => product * share(byte), 1);
  return share(needle[0] ?? 0) + HIT_COST * all;
}

/** All values of a byte of which some bits count. */
function valuesOf(byte: number, mask: number): number[] {
  return Array.from({ length: BYTE_VALUES }, (_, value) => value).filter((value) => (value & mask) === byte);
}

/**
 * A place in a pattern without exact bytes where two neighbours are letters in either case, which leaves 4 byte strings; else
 * the one byte that leaves the fewest.
 */
function looseAnchor({ bytes, mask }: BytesPattern): Anchor {
  const values = Array.from(bytes, (byte, at) => valuesOf(byte, mask[at] ?? 0));
  const pair = values.findIndex((each, at) => each.length * (values[at + 1]?.length ?? Infinity) <= MOST_VARIANTS);
  const [first, second] = [values[pair], values[pair + 1]];
  if (first && second)
    return { at: pair, needles: first.flatMap((value) => second.map((next) => Uint8Array.of(value, next))) };
  const fewest = values.reduce((best, each, at) => (each.length < (values[best]?.length ?? Infinity) ? at : best), 0);
  return { at: fewest, needles: (values[fewest] ?? []).map((value) => Uint8Array.of(value)) };
}

/** Chooses the part of a pattern that is rarest in `bytes`. */
export function chooseAnchor(pattern: BytesPattern, bytes: Uint8Array): Anchor {
  const shares = sampleBytes(bytes);
  let best: Anchor | undefined;
  let bestCost = Infinity;
  let tried = 0;
  for (let at = 0; at < pattern.bytes.length && tried < FARTHEST_START; at++) {
    const needle = exactFrom(pattern, at);
    if (needle.length === 0) continue;
    tried++;
    const needleCost = cost(needle, shares);
    if (needleCost < bestCost) [best, bestCost] = [{ at, needles: [needle] }, needleCost];
  }
  return best ?? looseAnchor(pattern);
}

/** Places where one of the needles stands, ascending. */
export class AnchorScan {
  readonly #bytes: Uint8Array;
  readonly #needles: readonly Uint8Array[];
  /** The next place of each needle; Infinity where there is none. */
  readonly #next: number[];

  constructor(bytes: Uint8Array, needles: readonly Uint8Array[]) {
    this.#bytes = bytes;
    this.#needles = needles;
    this.#next = needles.map(() => -1);
  }

  /** The first place at or behind `from`; Infinity if there is none. `from` must not descend. */
  nextFrom(from: number): number {
    let first = Infinity;
    for (const [i, needle] of this.#needles.entries()) {
      let at = this.#next[i] ?? Infinity;
      if (at < from) {
        at = indexOfBytes(this.#bytes, needle, from);
        if (at < 0) at = Infinity;
        this.#next[i] = at;
      }
      if (at < first) first = at;
    }
    return first;
  }
}

import type { Finder } from './finder.js';
import { segmentEnd } from './layout.js';
import type { WordPattern } from './pattern.js';

const HALF_BYTES = 4;
const HALF_BITS = 32n;
const HALF_MASK = 0xffff_ffffn;
const HIGHEST = (1n << 64n) - 1n;

/** The lowest and the highest value that may match, in halves of 32 bits. */
interface Halves {
  readonly startLow: number;
  readonly startHigh: number;
  readonly lastLow: number;
  readonly lastHigh: number;
}

function halvesOf({ ranges }: WordPattern): Halves {
  const start = ranges.reduce((least, range) => (range.start < least ? range.start : least), HIGHEST);
  const last = ranges.reduce((most, range) => (range.end > most ? range.end : most), 0n) - 1n;
  return {
    startLow: Number(start & HALF_MASK),
    startHigh: Number(start >> HALF_BITS),
    lastLow: Number(last & HALF_MASK),
    lastHigh: Number(last >> HALF_BITS),
  };
}

/** The 32-bit words of `bytes` from `start` up to `end`, which begin at a multiple of 4 wherever `bytes` lies. */
function wordsOf(bytes: Uint8Array, start: number, end: number): Uint32Array {
  const count = Math.floor((end - start) / HALF_BYTES);
  const offset = bytes.byteOffset + start;
  if (offset % HALF_BYTES === 0) return new Uint32Array(bytes.buffer, offset, count);
  return new Uint32Array(bytes.slice(start, start + count * HALF_BYTES).buffer);
}

/** Index of the next 64-bit word from `index` on whose value is in the range, -1 without one. */
function nextLong(words: Uint32Array, index: number, halves: Halves): number {
  const { startLow, startHigh, lastLow, lastHigh } = halves;
  for (let i = index; i + 1 < words.length; i += 2) {
    const high = words[i + 1] ?? 0;
    if (high < startHigh || high > lastHigh) continue;
    const low = words[i] ?? 0;
    if ((high > startHigh || low >= startLow) && (high < lastHigh || low <= lastLow)) return i;
  }
  return -1;
}

/** The same of 32-bit words. */
function nextWord(words: Uint32Array, index: number, { startLow, startHigh, lastLow, lastHigh }: Halves): number {
  if (startHigh > 0) return -1;
  const most = lastHigh > 0 ? Infinity : lastLow;
  for (let i = index; i < words.length; i++) {
    const word = words[i] ?? 0;
    if (word >= startLow && word <= most) return i;
  }
  return -1;
}

/** Whether a word between the lowest and the highest is in one of the ranges. */
function isInRanges({ ranges, wordBytes }: WordPattern, words: Uint32Array, index: number): boolean {
  if (ranges.length === 1) return true;
  const low = BigInt(words[index] ?? 0);
  const value = wordBytes === HALF_BYTES ? low : low | (BigInt(words[index + 1] ?? 0) << HALF_BITS);
  return ranges.some(({ start, end }) => value >= start && value < end);
}

/** Words that lie at multiples of their size. */
export const findWords: Finder<WordPattern> = (pattern, bytes, layout, take) => {
  const { wordBytes } = pattern;
  const halves = halvesOf(pattern);
  const next = wordBytes === HALF_BYTES ? nextWord : nextLong;
  for (let segment = 0; segment < layout.segmentAt.length; segment++) {
    const end = segmentEnd(layout, segment);
    const segmentAt = layout.segmentAt[segment] ?? 0;
    const first = Math.max(layout.from, segmentAt);
    const byte = (layout.segmentByte[segment] ?? 0) + first - segmentAt;
    const start = first + ((wordBytes - (byte % wordBytes)) % wordBytes);
    if (start >= end) continue;
    const words = wordsOf(bytes, start, end);
    for (let i = next(words, 0, halves); i >= 0; i = next(words, i + wordBytes / HALF_BYTES, halves)) {
      const at = start + i * HALF_BYTES;
      if (at >= layout.ownedEnd) return;
      if (!isInRanges(pattern, words, i)) continue;
      if (!take(at, wordBytes, at + wordBytes)) return;
    }
  }
};

const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
/** An integer below 2^53, its bits taken for those of a double, is so many times smaller: such doubles lie evenly. */
const SMALLEST = Number.MIN_VALUE;
/** Upper halves of the numbers below 2^52: from there on a whole array of neighbours is below 2^53. */
export const EVEN_HIGH_WORDS = 2 ** 20;

/** One array of page numbers, in the forms that runs of neighbours are looked for in. */
export interface NumberArray {
  readonly words: Int32Array;
  readonly wordBytes: 4 | 8;
  /** What a number is more than its neighbour's. */
  readonly step: number;
  /** The same bits, where they are 64-bit numbers and aligned: a double is compared at once, two words are not. */
  readonly doubles: Float64Array | undefined;
  /** The step between those. */
  readonly doublesStep: number;
}

/** Looks at an array of page numbers, one or two words each. */
export function numberArray(words: Int32Array, wordBytes: 4 | 8, step: number): NumberArray {
  const isAligned = wordBytes === 8 && words.byteOffset % Float64Array.BYTES_PER_ELEMENT === 0;
  const doubles = isAligned ? new Float64Array(words.buffer, words.byteOffset, words.length / 2) : undefined;
  return { words, wordBytes, step, doubles, doublesStep: step * SMALLEST };
}

/** The word behind the run of neighbours that starts at word `i`; it may end early where an upper half changes. */
export function endOfRun({ words, wordBytes, step }: NumberArray, i: number): number {
  return wordBytes === WORD_BYTES ? endOfWords(words, i, step) : endOfWordPairs(words, i, step);
}

/**
 * Where the run of neighbours ends that starts at number `i`, whose upper half is below `EVEN_HIGH_WORDS`: compared as
 * the doubles that have their bits, four at a time as long as that goes. Below 2^53 sums are exact and equal doubles are
 * equal bits, and what is not below, NaN too, equals none of these sums.
 */
export function endOfDoubles(numbers: Float64Array, i: number, step: number): number {
  const { length } = numbers;
  let number = numbers[i] ?? 0;
  let next = i + 1;
  // products of such small doubles are slow, sums are not
  const two = step + step;
  const three = two + step;
  const four = two + two;
  for (; next + 3 < length; next += 4) {
    const isRun =
      numbers[next] === number + step &&
      numbers[next + 1] === number + two &&
      numbers[next + 2] === number + three &&
      numbers[next + 3] === number + four;
    if (!isRun) break;
    number += four;
  }
  for (; next < length && numbers[next] === number + step; next++) number += step;
  return next;
}

function endOfWords(words: Int32Array, i: number, step: number): number {
  let low = ((words[i] ?? 0) + step) | 0;
  let next = i + 1;
  for (; low !== 0 && next < words.length && words[next] === low; next++) low = (low + step) | 0;
  return next;
}

function endOfWordPairs(words: Int32Array, i: number, step: number): number {
  const high = words[i + 1] ?? 0;
  let low = ((words[i] ?? 0) + step) | 0;
  let next = i + 2;
  for (; low !== 0 && next < words.length && words[next] === low && words[next + 1] === high; next += 2)
    low = (low + step) | 0;
  return next;
}

/** What of Node's Buffer is many times faster than a loop. Browsers have none. */
interface BufferMethods {
  compare(this: Uint8Array, b: Uint8Array, bStart: number, bEnd: number, aStart: number, aEnd: number): number;
  indexOf(this: Uint8Array, needle: Uint8Array, from: number): number;
}

// Buffer's methods take any Uint8Array as `this`: no view has to be made
const FAST = (globalThis as { Buffer?: { prototype: BufferMethods } }).Buffer?.prototype;

/**
 * Whether `length` bytes are the same in both. Both ranges must lie inside.
 *
 * @param aAt  offset in `a`
 * @param bAt  offset in `b`
 */
export function equalRanges(a: Uint8Array, aAt: number, b: Uint8Array, bAt: number, length: number): boolean {
  if (FAST === undefined) return equalByLoop(a, aAt, b, bAt, length);
  return FAST.compare.call(a, b, bAt, bAt + length, aAt, aAt + length) === 0;
}

/**
 * Offset of the first `needle` in `haystack` at or behind `from`, -1 where there is none.
 *
 * @param needle  of at least one byte
 * @param from    not negative
 */
export function indexOfBytes(haystack: Uint8Array, needle: Uint8Array, from: number): number {
  return FAST === undefined ? indexByLoop(haystack, needle, from) : FAST.indexOf.call(haystack, needle, from);
}

/** `equalRanges` without Buffer. */
export function equalByLoop(a: Uint8Array, aAt: number, b: Uint8Array, bAt: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[aAt + i] !== b[bAt + i]) return false;
  return true;
}

/** `indexOfBytes` without Buffer. */
export function indexByLoop(haystack: Uint8Array, needle: Uint8Array, from: number): number {
  const [first, last] = [needle[0], haystack.length - needle.length];
  if (first === undefined) return -1;
  let at = haystack.indexOf(first, from);
  while (at !== -1 && at <= last) {
    if (equalByLoop(haystack, at, needle, 0, needle.length)) return at;
    at = haystack.indexOf(first, at + 1);
  }
  return -1;
}

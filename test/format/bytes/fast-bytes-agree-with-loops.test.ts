import fc from 'fast-check';
import { expect, test } from 'vitest';
import { equalByLoop, equalRanges, indexByLoop, indexOfBytes } from '../../../src/format/bytes/fast-bytes.js';
import { runs } from '../../support/seed.js';

/** Few values, so that there are matches. */
const BYTES = fc.uint8Array({ maxLength: 40, max: 2 });

test('a range of bytes is equal to another one exactly where a loop says so, in views that start anywhere', () => {
  const property = fc.property(BYTES, BYTES, fc.nat(40), fc.nat(40), fc.nat(8), (a, b, aAt, bAt, wanted) => {
    const length = Math.max(0, Math.min(wanted, a.length - aAt, b.length - bAt));
    if (aAt > a.length || bAt > b.length) return;
    const moved = new Uint8Array([9, ...a]).subarray(1);
    const isEqual =
      Array.from(a.subarray(aAt, aAt + length)).join() === Array.from(b.subarray(bAt, bAt + length)).join();
    expect(equalRanges(moved, aAt, b, bAt, length)).toBe(isEqual);
    expect(equalByLoop(moved, aAt, b, bAt, length)).toBe(isEqual);
  });
  fc.assert(property, runs(500));
});

test('the first place of some bytes behind another place is found as a text search finds it', () => {
  const property = fc.property(
    BYTES,
    fc.uint8Array({ minLength: 1, maxLength: 4, max: 2 }),
    fc.nat(44),
    (hay, needle, from) => {
      const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
      const place = from > hay.length ? -1 : text(hay).indexOf(text(needle), from);
      expect(indexOfBytes(hay, needle, from)).toBe(place);
      expect(indexByLoop(hay, needle, from)).toBe(place);
    },
  );
  fc.assert(property, runs(500));
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { PageSet } from '../../src/inspect/page-set.js';
import { seeded } from './arbitrary-space.js';

const range = fc.tuple(fc.nat({ max: 40 }), fc.integer({ min: 1, max: 10 }));

test('a set of pages knows what is missing as a list of pages does', () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 12 }), range, (added, [start, length]) => {
      const set = new PageSet();
      const all = new Set<number>();
      for (const [from, count] of added) {
        set.add(from, from + count);
        for (let i = 0; i < count; i++) all.add(from + i);
      }
      const missing = Array.from({ length }, (_, i) => start + i).filter((vpn) => !all.has(vpn));
      const parts = set.missing(start, start + length);
      expect(parts.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i))).toEqual(missing);
      for (const [i, [from]] of parts.entries()) expect(from).toBeGreaterThan(parts[i - 1]?.[1] ?? -1);
    }),
    seeded(500),
  );
});

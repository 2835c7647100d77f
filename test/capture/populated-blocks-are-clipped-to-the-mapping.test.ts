import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BLOCK_PAGES } from '../../src/capture/pagemap.js';
import { rangesWithin, withNeighbours } from '../../src/capture/populated.js';
import type { Mapping } from '../../src/capture/smaps.js';

function mappingOf(startVpn: number, endVpn: number): Mapping {
  return {
    startVpn,
    endVpn,
    offsetPages: 0,
    fileId: '',
    path: '',
    residentPages: 0,
    anonymousPages: 0,
    swappedPages: 0,
    flagCodes: [],
  };
}

test('ranges ascend, do not overlap, lie in the mapping and cover what the blocks share with it', () => {
  const anyBlocks = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 12 });
  const anyVpn = fc.integer({ min: 0, max: 31 * BLOCK_PAGES });
  fc.assert(
    fc.property(anyBlocks, anyVpn, anyVpn, (numbers, a, b) => {
      fc.pre(a !== b);
      const mapping = mappingOf(Math.min(a, b), Math.max(a, b));
      const blocks = new Set(numbers);
      let last = mapping.startVpn;
      let pages = 0;
      for (const [startVpn, endVpn] of rangesWithin(mapping, blocks)) {
        expect(startVpn).toBeGreaterThanOrEqual(last);
        expect(endVpn).toBeGreaterThan(startVpn);
        expect(blocks.has(Math.floor(startVpn / BLOCK_PAGES))).toBe(true);
        pages += endVpn - startVpn;
        last = endVpn;
      }
      expect(last).toBeLessThanOrEqual(mapping.endVpn);
      const shared = [...blocks].map((block) => {
        const end = Math.min((block + 1) * BLOCK_PAGES, mapping.endVpn);
        return Math.max(0, end - Math.max(block * BLOCK_PAGES, mapping.startVpn));
      });
      expect(pages).toBe(shared.reduce((sum, count) => sum + count, 0));
    }),
  );
});

test('neighbours are the blocks on both sides', () => {
  expect([...withNeighbours(new Set([5, 6, 9]))].sort((a, b) => a - b)).toEqual([4, 5, 6, 7, 8, 9, 10]);
});

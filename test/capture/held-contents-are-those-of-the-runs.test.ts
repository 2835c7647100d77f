import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UNIT, WORD, claimUnit, readUnit, type CopyOrder, type HeldRoom } from '../../src/capture/held-copy.js';
import { HeldMemory } from '../../src/capture/held-memory.js';
import { planHolding } from '../../src/capture/held-plan.js';
import { placesOf } from '../../src/capture/places.js';
import { parseSize } from '../../src/cli/size.js';
import { PAGE_BYTES } from '../../src/format/model/page.js';
import { PageRunsBuilder, type PageRuns } from '../../src/format/model/page-runs.js';
import { runs } from '../support/seed.js';

/** Gaps and lengths in pages, of runs that ascend; a gap of 0 makes touching runs, which are merged. */
const gapsAndLengths = fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 3000 })), {
  minLength: 1,
  maxLength: 20,
});

function runsOf(list: readonly (readonly [number, number])[]): PageRuns[] {
  let vpn = 16;
  return list.map(([gap, pages]) => {
    const builder = new PageRunsBuilder();
    vpn += gap;
    builder.add(vpn, pages, vpn * PAGE_BYTES);
    vpn += pages;
    return builder.take();
  });
}

/** What stands at an address. */
const byteAt = (vaddr: number): number => (vaddr * 31 + (vaddr >>> 12)) & 0xff;

function read(vaddr: number, into: Uint8Array): number {
  for (let i = 0; i < into.length; i++) into[i] = byteAt(vaddr + i);
  return into.length;
}

test('what is held reads as the memory it was copied from, in whatever order its units are read', () => {
  fc.assert(
    fc.property(gapsAndLengths, fc.array(fc.tuple(fc.nat(), fc.nat(50_000)), { maxLength: 20 }), (list, asked) => {
      const all = runsOf(list);
      const plan = planHolding(all);
      const pages = list.reduce((sum, [, count]) => sum + count, 0);
      expect(plan.totalBytes).toBe(pages * PAGE_BYTES);
      const room: HeldRoom = {
        slabs: [new Uint8Array(plan.totalBytes)],
        bytes: plan.totalBytes,
        words: new Int32Array(2),
      };
      const order: CopyOrder = { plan, units: new Int32Array(plan.unitEnd.length), places: placesOf([]) };
      for (let unit = claimUnit(room, order); unit !== undefined; unit = claimUnit(room, order)) {
        expect(readUnit(room, order, unit, read)).toBe(true);
        order.units[unit] = UNIT.read;
      }
      expect(order.units.every((unit) => unit === UNIT.read)).toBe(true);
      expect(room.words[WORD.nextUnit]).toBeGreaterThanOrEqual(order.units.length);
      const held = new HeldMemory('held', 2 ** 47, plan, room.slabs);
      for (const [pick, length] of asked) {
        const run = all[pick % all.length];
        const start = (run?.offset[0] ?? 0) + (pick % ((run?.nrPages[0] ?? 1) * PAGE_BYTES));
        const into = new Uint8Array(length);
        const got = held.readSync(start, into);
        expect(got).toBe(lengthFrom(all, start, length));
        expect(into.subarray(0, got).every((byte, i) => byte === byteAt(start + i))).toBe(true);
      }
    }),
    runs(20),
  );
});

/** How much of `length` bytes from `start` lies in runs without a gap. */
function lengthFrom(all: readonly PageRuns[], start: number, length: number): number {
  let end = start;
  for (const run of all) {
    const from = run.offset[0] ?? 0;
    const to = from + (run.nrPages[0] ?? 0) * PAGE_BYTES;
    if (from <= end && end < to) end = to;
  }
  return Math.min(length, end - start);
}

test('a unit that cannot be read whole is told so', () => {
  const plan = planHolding(runsOf([[0, 10]]));
  const room: HeldRoom = { slabs: [new Uint8Array(plan.totalBytes)], bytes: plan.totalBytes, words: new Int32Array(2) };
  const order: CopyOrder = { plan, units: new Int32Array(1), places: placesOf([]) };
  expect(readUnit(room, order, 0, (_vaddr, into) => into.length - 1)).toBe(false);
});

test.each([
  ['0', 0],
  ['4096', 4096],
  ['512K', 512 * 1024],
  ['1.5GiB', 1.5 * 2 ** 30],
  ['2m', 2 * 2 ** 20],
  ['3TB', 3 * 2 ** 40],
])('the size %s is %d bytes', (text, bytes) => {
  expect(parseSize(text, 'size')).toBe(bytes);
});

test.each(['', 'x', '-1', '1X', '1.', '0x10'])('%j is no size', (text) => {
  expect(() => parseSize(text, 'size')).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UNIT } from '../../src/capture/held-copy.js';
import { planHolding } from '../../src/capture/held-plan.js';
import { keepRead, noteOfPartial } from '../../src/capture/partial.js';
import type { Task, Vma } from '../../src/format/model/image.js';
import { PAGE_BYTES, vaddrOf } from '../../src/format/model/page.js';
import { NO_RANGES, oneRange, type PageRanges } from '../../src/format/model/page-ranges.js';
import { NO_PAGES, PageRunsBuilder, type PageRuns } from '../../src/format/model/page-runs.js';
import type { SharedMemory } from '../../src/format/model/shared-memory.js';
import { runs } from '../support/seed.js';

/** For each mapping its runs, as gaps and lengths in pages; a unit holds 2048. */
const anyMappings = fc.array(fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 3000 })), { maxLength: 5 }), {
  minLength: 1,
  maxLength: 5,
});

function tablesOf(mappings: readonly (readonly (readonly [number, number])[])[]): PageRuns[] {
  let vpn = 16;
  return mappings.map((list) => {
    const builder = new PageRunsBuilder();
    for (const [gap, pages] of list) {
      vpn += gap;
      builder.add(vpn, pages, vpn * PAGE_BYTES);
      vpn += pages;
    }
    vpn += 1;
    return builder.take();
  });
}

function pagesOf(table: PageRuns): number[] {
  const pages: number[] = [];
  for (let run = 0; run < table.count; run++)
    for (let i = 0; i < (table.nrPages[run] ?? 0); i++) {
      expect(table.offset[run]).toBe((table.vpn[run] ?? 0) * PAGE_BYTES);
      pages.push((table.vpn[run] ?? 0) + i);
    }
  return pages;
}

function numbersOf({ count, vpn, nrPages }: PageRanges): number[] {
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: nrPages[i] ?? 0 }, (_page, page) => (vpn[i] ?? 0) + page),
  ).flat();
}

test('the pages of units that were read are kept, and all others counted as missing', () => {
  fc.assert(
    fc.property(
      anyMappings,
      fc.array(fc.constantFrom(...Object.values(UNIT)), { minLength: 1 }),
      (mappings, states) => {
        const tables = tablesOf(mappings);
        const plan = planHolding(tables);
        const units = Int32Array.from(plan.unitEnd, (_end, i) => states[i % states.length] ?? UNIT.open);
        const read = new Set<number>();
        let unit = 0;
        for (let piece = 0; piece < plan.count; piece++) {
          while (piece >= (plan.unitEnd[unit] ?? 0)) unit++;
          const [vaddr = 0, length = 0] = [plan.offset[piece], plan.length[piece]];
          if (units[unit] !== UNIT.read) continue;
          for (let at = vaddr; at < vaddr + length; at += PAGE_BYTES) read.add(at / PAGE_BYTES);
        }
        // only their pages are looked at
        const taskOf = (some: readonly PageRuns[]): Task =>
          ({ mm: { vmas: some.map((pages) => ({ pages }) as Vma) } }) as unknown as Task;
        const half = tables.length >> 1;
        const kept = keepRead([taskOf(tables.slice(0, half)), taskOf(tables.slice(half))], plan, units);
        const all = tables.flatMap(pagesOf);
        const left = kept.tasks.flatMap(({ mm }) => mm?.vmas ?? []);
        expect(left.flatMap((vma) => pagesOf(vma.pages))).toEqual(all.filter((vpn) => read.has(vpn)));
        const unknown = left.flatMap(({ uncaptured }) => uncaptured ?? []);
        expect(unknown.every(({ reason }) => reason === 'deadline')).toBe(true);
        expect(unknown.flatMap(({ ranges }) => numbersOf(ranges))).toEqual(all.filter((vpn) => !read.has(vpn)));
        for (const { path } of kept.partial.losses) expect(path).toMatch(half > 0 ? /^task\[[01]\]/ : /^task\[1\]/);
        expect(kept.partial.missingPages).toBe(all.length - read.size);
        expect(kept.partial.losses.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(kept.partial.missingBytes);
      },
    ),
    runs(20),
  );
});

test('what was not read of an object is not known in any mapping of it, and what was not known before is not either', () => {
  const pages = tablesOf([[[0, 10]]])[0] ?? NO_PAGES;
  const plan = planHolding([pages]);
  const shared: SharedMemory = {
    ...{ id: undefined, sizeBytes: 100n * 4096n, pages },
    uncaptured: { ranges: oneRange(0, 4), reason: 'unreadable' },
    segment: { namespace: 'ipc', fields: {} as NonNullable<SharedMemory['segment']>['fields'] },
  };
  const view = (startVpn: number, pgoff: number): Vma =>
    // only these are looked at
    ({
      vm_start: vaddrOf(startVpn),
      vm_end: vaddrOf(startVpn + 8),
      vm_pgoff: BigInt(pgoff),
      pages: NO_PAGES,
      shared,
    }) as Vma;
  const task = { mm: { vmas: [view(100, 0), view(200, 16)] } } as unknown as Task;
  const [kept] = keepRead([task], plan, Int32Array.of(UNIT.failed)).tasks;
  const [first, second] = kept.mm?.vmas ?? [];
  expect(first?.shared).toBe(second?.shared);
  expect(first?.shared).toMatchObject({ segment: shared.segment, uncaptured: { reason: 'deadline' } });
  expect(numbersOf(first?.uncaptured?.ranges ?? NO_RANGES)).toEqual([100, 101, 102, 103]);
  expect(numbersOf(second?.uncaptured?.ranges ?? NO_RANGES)).toEqual([200, 201, 202, 203, 204, 205, 206, 207]);
});

test('an image that is not whole has a note of it', () => {
  const losses = [{ path: 'task[0].mm.vma[3]', what: '', why: '', bytes: 5 * PAGE_BYTES }];
  const note = noteOfPartial({ missingPages: 5, missingBytes: 5 * PAGE_BYTES, losses });
  expect(note).toMatchObject({ code: 'PARTIAL', message: expect.stringContaining('5 pages of 1 mapping') as unknown });
});

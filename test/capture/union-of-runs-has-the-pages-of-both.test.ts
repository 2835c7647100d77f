import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unionOfRuns } from '../../src/capture/union-of-runs.js';
import { PAGE_BYTES } from '../../src/format/model/page.js';
import { PageRunsBuilder, type PageRuns } from '../../src/format/model/page-runs.js';
import { runs } from '../support/seed.js';

/** Where the contents of the first table end and those of the second begin. */
const SECOND = 2 ** 40;

function tableOf(pages: readonly number[], base: number): PageRuns {
  const builder = new PageRunsBuilder();
  for (const page of [...new Set(pages)].sort((a, b) => a - b)) builder.add(page, 1, base + page * PAGE_BYTES);
  return builder.take();
}

function offsetsOf(table: PageRuns): [page: number, offset: number][] {
  return Array.from({ length: table.count }, (_, run) =>
    Array.from({ length: table.nrPages[run] ?? 0 }, (_page, i): [number, number] => [
      (table.vpn[run] ?? 0) + i,
      (table.offset[run] ?? 0) + i * PAGE_BYTES,
    ]),
  ).flat();
}

const somePages = fc.array(fc.nat(60), { maxLength: 50 });

test('a union has every page of both once, in order, and of the first where both have it', () => {
  fc.assert(
    fc.property(somePages, somePages, (first, second) => {
      const union = unionOfRuns(tableOf(first, 0), tableOf(second, SECOND));
      const all = [...new Set([...first, ...second])].sort((a, b) => a - b);
      const wanted = all.map((page) => [page, (first.includes(page) ? 0 : SECOND) + page * PAGE_BYTES]);
      expect(offsetsOf(union)).toEqual(wanted);
      expect(union.totalPages).toBe(all.length);
    }),
    runs(200),
  );
});

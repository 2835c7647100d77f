import fc from 'fast-check';
import { MemorySource } from '../../../src/format/bytes/memory.js';
import type { MappedArea, MemoryMap } from '../../../src/format/model/memory-map.js';
import { PAGE_BYTES, vaddrOf } from '../../../src/format/model/page.js';
import { PageRunsBuilder, type PageRuns } from '../../../src/format/model/page-runs.js';
import type { PageTable } from '../../../src/format/model/page-table.js';
import type { VmaKind } from '../../../src/format/model/vma-kind.js';

/** What a page begins and ends with; the rest repeats its last byte. */
type PageSeed = readonly [head: Uint8Array, tail: Uint8Array, fill: number];

const LETTERS = [0, 0, 0x61, 0x61, 0x41, 0x62, 0xff] as const;
const letters = fc.array(fc.constantFrom(...LETTERS), { maxLength: 12 }).map((all) => Uint8Array.from(all));
const anyPage: fc.Arbitrary<PageSeed> = fc.tuple(letters, letters, fc.constantFrom(0, 0, 0x61, 0x80));

/** Pages of a mapping: contents or not held; and whether a record stands before it in the contents. */
const anyArea = fc.record({
  gapPages: fc.constantFrom(0, 0, 0, 1),
  kind: fc.constantFrom<VmaKind>('anon', 'heap', 'file', 'shared-anon'),
  pages: fc.array(fc.option(fc.tuple(anyPage, fc.boolean()), { nil: undefined, freq: 2 }), {
    minLength: 1,
    maxLength: 5,
  }),
});

function pageOf([head, tail, fill]: PageSeed): Uint8Array {
  const bytes = new Uint8Array(PAGE_BYTES).fill(fill);
  bytes.set(head);
  bytes.set(tail, PAGE_BYTES - tail.length);
  return bytes;
}

/** A table of which each page is a block of its own, every other one loaded later. */
function blockwise(runs: PageRuns): PageTable {
  return {
    totalPages: runs.totalPages,
    runCount: runs.count,
    block: (vpn) => {
      const block = { startVpn: vpn, endVpn: vpn + 1, runs };
      return vpn % 2 === 0 ? block : Promise.resolve(block);
    },
  };
}

const FIRST_VPN = 0x7_1234;

/** Small spaces whose pages have something at their borders. */
export const anyMemory: fc.Arbitrary<MemoryMap> = fc
  .array(fc.array(anyArea, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 2 })
  .map((spaces) => {
    const parts: Uint8Array[] = [];
    let offset = 0;
    const place = (part: Uint8Array): void => {
      parts.push(part);
      offset += part.length;
    };
    const mapped = spaces.map((areas, index) => {
      let vpn = FIRST_VPN;
      const placed = areas.map(({ gapPages, kind, pages }): MappedArea => {
        const start = vpn + gapPages;
        vpn = start + pages.length;
        const builder = new PageRunsBuilder();
        for (const [i, page] of pages.entries()) {
          if (page === undefined) continue;
          if (page[1]) place(new Uint8Array(16).fill(0x61));
          builder.add(start + i, 1, offset);
          place(pageOf(page[0]));
        }
        const facts = { vm_page_prot: 0n, vm_flags: 0n, vm_pgoff: 0n, kind, name: undefined };
        return { ...facts, vm_start: vaddrOf(start), vm_end: vaddrOf(vpn), pages: blockwise(builder.take()) };
      });
      return { pids: [index + 1], comm: 'sample', areas: placed };
    });
    const format = { family: 'cr' as const, revision: 'v11', covers: 'v11', wordBytes: 8 as const, decidedBy: [] };
    return { name: 'memory', format, spaces: mapped, contents: new MemorySource(Buffer.concat(parts)) };
  });

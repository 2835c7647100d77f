import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemorySource } from '../../src/format/bytes/memory.js';
import { MemoryError, UsageError } from '../../src/format/errors.js';
import { memoryMapOf } from '../../src/format/model/memory-map.js';
import { PAGE_BYTES, vaddrOf } from '../../src/format/model/page.js';
import { openSpaces, spaceOf, type Space } from '../../src/inspect/space.js';
import { anySpace, seeded } from './arbitrary-space.js';
import { awaited, lazyMapOf } from './lazy-map.js';
import { imageOf, page, sampleImage, type SampleVma } from './sample-image.js';

const FIRST_VPN = 0x100;
const MOST_PAGES = 60;
/** Ends within its third page; mappings of it begin at pages 0 to 2. */
const LIBRARY = Buffer.concat([page(7), page(8), page(9).subarray(0, 100)]);
const LIBRARY_PATH = '/lib/a.so';

type Backed = 'with files' | 'without files';

/** One page as it has to read, or the code of the error; found by looking at every page of every mapping. */
function slowPage(samples: readonly SampleVma[], vpn: number, backed: Backed): Uint8Array | string {
  const area = samples.find(({ startVpn, nrPages }) => vpn >= startVpn && vpn < startVpn + nrPages);
  if (!area) return 'NOT_MAPPED';
  const held = area.pages?.find(({ index }) => area.startVpn + index === vpn);
  if (held) return held.bytes;
  if (area.kind === 'anon' || area.kind === 'heap') return page(0);
  const offset = (Number(area.pgoff ?? 0n) + vpn - area.startVpn) * PAGE_BYTES;
  if (backed === 'without files' || area.name !== LIBRARY_PATH || offset >= LIBRARY.length) return 'NOT_IN_IMAGE';
  return Buffer.concat([LIBRARY.subarray(offset, offset + PAGE_BYTES), page(0)]).subarray(0, PAGE_BYTES);
}

/** What a read has to give: its bytes, or code and address of the error. */
function slowRead(samples: readonly SampleVma[], vaddr: number, length: number, backed: Backed): string {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const content = slowPage(samples, Math.floor((vaddr + i) / PAGE_BYTES), backed);
    if (typeof content === 'string') return `${content} at ${String(vaddr + i)}`;
    bytes[i] = content[(vaddr + i) % PAGE_BYTES] ?? 0;
  }
  return Buffer.from(bytes).toString('base64');
}

async function outcome(reading: Promise<Uint8Array>): Promise<string> {
  try {
    return Buffer.from(await reading).toString('base64');
  } catch (error) {
    if (error instanceof MemoryError) return `${error.code} at ${String(error.vaddr)}`;
    throw error;
  }
}

const backing = (path: string): Promise<MemorySource | undefined> =>
  Promise.resolve(path === LIBRARY_PATH ? new MemorySource(LIBRARY, path) : undefined);

const anyRange = fc.record({
  vaddr: fc.nat({ max: MOST_PAGES * PAGE_BYTES }).map((n) => (FIRST_VPN - 1) * PAGE_BYTES + n),
  length: fc.oneof(fc.nat({ max: 64 }), fc.nat({ max: 3 * PAGE_BYTES }), fc.nat({ max: 20 * PAGE_BYTES })),
});

function spacesOf(samples: readonly SampleVma[], runsPerBlock: number): Space[] {
  const image = imageOf(samples);
  const map = memoryMapOf(image);
  return [
    ...openSpaces(map),
    ...openSpaces({ ...map, contents: awaited(map.contents) }),
    ...openSpaces(lazyMapOf(image, runsPerBlock)),
  ];
}

describe('reading equals a search page by page', () => {
  const anyRunsPerBlock = fc.integer({ min: 1, max: 3 });

  test('for any mappings, addresses, lengths, sources and tables', async () => {
    const property = fc.asyncProperty(
      anySpace,
      fc.array(anyRange, { maxLength: 8 }),
      anyRunsPerBlock,
      async (samples, ranges, runsPerBlock) => {
        for (const space of spacesOf(samples, runsPerBlock)) {
          for (const { vaddr, length } of ranges) {
            const expected = slowRead(samples, vaddr, length, 'without files');
            expect(await outcome(space.read(BigInt(vaddr), length))).toBe(expected);
            const withFiles = slowRead(samples, vaddr, length, 'with files');
            expect(await outcome(space.read(BigInt(vaddr), length, { backing }))).toBe(withFiles);
          }
        }
      },
    );
    await fc.assert(property, seeded(120));
  });

  test('for the stretches, and for the pieces that are held', async () => {
    const property = fc.asyncProperty(anySpace, anyRunsPerBlock, async (samples, runsPerBlock) => {
      for (const space of spacesOf(samples, runsPerBlock)) {
        const states = new Map<number, string>();
        for await (const { vaddr, nrPages, state, area } of space.pages())
          for (let i = 0; i < nrPages; i++) {
            const vpn = Number(vaddr) / PAGE_BYTES + i;
            expect(states.has(vpn) || area.vm_start > vaddr || vaddrOf(vpn) >= area.vm_end).toBe(false);
            states.set(vpn, state);
          }
        const held = new Map<number, string>();
        for await (const { vaddr, bytes } of space)
          for (let at = 0; at < bytes.length; at += PAGE_BYTES)
            held.set(
              (Number(vaddr) + at) / PAGE_BYTES,
              Buffer.from(bytes.subarray(at, at + PAGE_BYTES)).toString('base64'),
            );
        for (const { startVpn, nrPages, kind, pages = [] } of samples)
          for (let index = 0; index < nrPages; index++) {
            const own = pages.find((known) => known.index === index);
            const absent = kind === 'anon' || kind === 'heap' ? 'zero' : 'backing';
            expect(states.get(startVpn + index)).toBe(own ? 'held' : absent);
            expect(held.get(startVpn + index)).toBe(own && Buffer.from(own.bytes).toString('base64'));
          }
        expect(states.size).toBe(samples.reduce((sum, { nrPages }) => sum + nrPages, 0));
      }
    });
    await fc.assert(property, seeded(120));
  });
});

const WIDE: SampleVma = {
  startVpn: FIRST_VPN,
  nrPages: 2000,
  pages: Array.from({ length: 1000 }, (_, i) => ({
    index: i * 2,
    bytes: page(i % 251),
    gapBytes: i % 100 === 0 ? 5000 : 0,
  })),
};

test('scattered pages are read together, without a gap of a page between them', async () => {
  const reads: [offset: number, length: number][] = [];
  const image = imageOf([WIDE], (contents) => ({
    ...awaited(contents),
    read: (offset, into) => {
      reads.push([offset, into.length]);
      return contents.read(offset, into);
    },
  }));
  const bytes = await spaceOf(openSpaces(memoryMapOf(image))).read(vaddrOf(FIRST_VPN), 2000 * PAGE_BYTES);
  for (let i = 0; i < 2000; i++) {
    const [first, last] = [bytes[i * PAGE_BYTES], bytes[i * PAGE_BYTES + PAGE_BYTES - 1]];
    expect([first, last]).toEqual(i % 2 === 0 ? [(i / 2) % 251, (i / 2) % 251] : [0, 0]);
  }
  expect(reads.length).toBe(10);
  expect(reads.reduce((sum, [, length]) => sum + length, 0)).toBe(1000 * PAGE_BYTES);
});

describe('what cannot be asked for', () => {
  const space = spaceOf(openSpaces(memoryMapOf(imageOf([WIDE]))));

  test.each([
    ['a negative address', -1n, 1],
    ['a range that goes beyond 64 bits', (1n << 64n) - 1n, 2],
    ['an address beyond 64 bits', 1n << 64n, 1],
    ['half a byte', 0n, 0.5],
    ['less than nothing', 0n, -1],
  ])('%s', async (_, vaddr, length) => {
    await expect(space.read(vaddr, length)).rejects.toThrow(UsageError);
  });

  test('more than the budget, before it is allocated', async () => {
    await expect(space.read(0n, 2 ** 40)).rejects.toMatchObject({ code: 'OVER_BUDGET' });
    await expect(space.read(vaddrOf(FIRST_VPN), 101, { budgetBytes: 100 })).rejects.toMatchObject({
      code: 'OVER_BUDGET',
    });
  });

  test('anything, once the signal says so', async () => {
    const signal = AbortSignal.abort();
    await expect(space.read(vaddrOf(FIRST_VPN), 1, { signal })).rejects.toThrow(/abort/i);
    await expect(space.pieces(undefined, { signal }).next()).rejects.toThrow(/abort/i);
  });

  test('contents that end early', async () => {
    const map = memoryMapOf(imageOf([WIDE]));
    const cut = spaceOf(openSpaces({ ...map, contents: new MemorySource(new Uint8Array(5100)) }));
    await expect(cut.read(vaddrOf(FIRST_VPN), 200)).rejects.toMatchObject({ code: 'TRUNCATED', offset: 5100 });
    await expect(cut[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'TRUNCATED' });
  });
});

test('the page at the top of all addresses can be read', async () => {
  const startVpn = 0xf_ffff_ffff_f600;
  const top = { startVpn, nrPages: 1, kind: 'vsyscall', pages: [{ index: 0, bytes: page(0x90) }] } as const;
  const space = spaceOf(openSpaces(memoryMapOf(imageOf([WIDE, top]))));
  expect(await space.read(0xffffffffff600ff0n, 16)).toEqual(new Uint8Array(16).fill(0x90));
  await expect(space.read(0xffffffffff600ff0n, 17)).rejects.toMatchObject({
    code: 'NOT_MAPPED',
    vaddr: 0xffffffffff601000n,
  });
  expect(space.areaAt(0xffffffffff600fffn)?.kind).toBe('vsyscall');
  expect(space.areaAt(0xffffffffff601000n)).toBe(undefined);
});

test('a table that cannot be loaded fails the read and nothing else', async () => {
  const map = memoryMapOf(imageOf([WIDE]));
  const broken = { totalPages: 1, runCount: 1, block: () => Promise.reject(new RangeError('damaged')) };
  const areas = map.spaces[0]?.areas.map((area) => ({ ...area, pages: broken })) ?? [];
  const [space] = openSpaces({ ...map, spaces: [{ pids: [7], comm: 'x', areas }] });
  await expect(space?.read(vaddrOf(FIRST_VPN), 1)).rejects.toThrow('damaged');
});

describe('which address space is meant', () => {
  const tasks = [7, 8].map((pid) => ({ vmas: [WIDE], overrides: { pid } }));
  const two = openSpaces(memoryMapOf(sampleImage({ tasks })));

  test('is told by a pid, unless there is one only', () => {
    expect(spaceOf(two, 8).pids).toEqual([8]);
    expect(spaceOf(two.slice(0, 1)).pids).toEqual([7]);
  });

  test('is asked for by naming the choice', () => {
    expect(() => spaceOf(two)).toThrow(/2 address spaces, expected a pid that tells which: 7, 8/);
    expect(() => spaceOf(two, 9)).toThrow(/pid is 9, expected one of 7, 8/);
    expect(() => spaceOf([])).toThrow(UsageError);
  });
});

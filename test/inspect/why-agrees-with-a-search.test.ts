import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { INLINE_CREW } from '../../src/format/bytes/inline-crew.js';
import { memoryMapOf, type MemoryMap } from '../../src/format/model/memory-map.js';
import { PAGE_BYTES } from '../../src/format/model/page.js';
import { openSpaces, type Space } from '../../src/inspect/space.js';
import { explainAddress } from '../../src/inspect/why.js';
import { findPlaces, type Places } from '../../src/inspect/why-places.js';
import { anySpace, seeded } from './arbitrary-space.js';
import { lazyMapOf } from './lazy-map.js';
import { page, sampleImage, type SampleVma } from './sample-image.js';

const MANY = 1_000_000;

/** Puts words that are addresses into pages, so that there is something to find. */
function withWords(
  samples: readonly SampleVma[],
  words: readonly (readonly [place: number, value: bigint])[],
): SampleVma[] {
  let nth = 0;
  return samples.map((sample) => ({
    ...sample,
    pages: (sample.pages ?? []).map((own) => {
      const [place, value] = words[nth++ % Math.max(1, words.length)] ?? [0, undefined];
      if (value === undefined || nth % 3 === 0) return own;
      const bytes = own.bytes.slice();
      new DataView(bytes.buffer).setBigUint64(place, value, true);
      return { ...own, bytes };
    }),
  }));
}

interface Known {
  readonly pid: number;
  readonly vaddr: number;
  readonly bytes: Buffer;
}

function heldPages(samples: readonly (readonly SampleVma[])[]): Known[] {
  return samples.flatMap((vmas, task) =>
    vmas.flatMap(({ startVpn, pages = [] }) =>
      pages.map(({ index, bytes }) => ({
        pid: task + 1,
        vaddr: (startVpn + index) * PAGE_BYTES,
        bytes: Buffer.from(bytes),
      })),
    ),
  );
}

function textOf(places: Places | undefined): string[] {
  const first = places?.first.map(({ space, vaddr }) => `${String(space.pids[0])}:${String(vaddr)}`) ?? [];
  expect(first.length).toBe(places?.count ?? 0);
  return first.sort();
}

function words(pages: readonly Known[], isWanted: (word: bigint) => boolean): string[] {
  const found: string[] = [];
  for (const { pid, vaddr, bytes } of pages)
    for (let at = 0; at < PAGE_BYTES; at += 8)
      if (isWanted(bytes.readBigUInt64LE(at))) found.push(`${String(pid)}:${String(vaddr + at)}`);
  return found.sort();
}

const anyAddress = fc
  .tuple(fc.nat({ max: 40 }), fc.nat({ max: PAGE_BYTES - 1 }))
  .map(([n, at]) => BigInt((0x100 + n) * PAGE_BYTES + at));
const anyWord = fc.tuple(
  fc.nat({ max: 511 }).map((n) => n * 8),
  anyAddress,
);

describe('what is found of an address', () => {
  test('is what a search through every word and page finds', async () => {
    const property = fc.asyncProperty(
      fc.tuple(anySpace, anySpace),
      fc.array(anyWord, { maxLength: 5 }),
      fc.nat({ max: 1 }),
      fc.boolean(),
      async (spaces, planted, task, isLazy) => {
        const samples = spaces.map((vmas) => withWords(vmas, planted));
        const image = sampleImage({ tasks: samples.map((vmas, i) => ({ vmas, overrides: { pid: i + 1 } })) });
        const map: MemoryMap = isLazy
          ? lazyMapOf(sampleImage({ tasks: [{ vmas: samples[0] ?? [], overrides: { pid: 1 } }] }), 2)
          : memoryMapOf(image);
        const own = isLazy ? 0 : task;
        const known = heldPages(isLazy ? samples.slice(0, 1) : samples);
        const opened = openSpaces(map);
        const [, vaddr] = planted[0] ?? [0, 0x100010n];
        const space = opened[own] as Space;
        const facts = await explainAddress(space, vaddr);
        const found = await findPlaces(map, opened, facts, INLINE_CREW, { limit: MANY });
        const base = Math.floor(Number(vaddr) / PAGE_BYTES) * PAGE_BYTES;
        const self = known.find(({ pid, vaddr: start }) => pid === own + 1 && start === base);
        expect(facts.state === 'held').toBe(self !== undefined);
        const equal = known.filter((other) => self && other !== self && other.bytes.equals(self.bytes));
        expect(textOf(found.equalPages)).toEqual(
          equal.map(({ pid, vaddr: at }) => `${String(pid)}:${String(at)}`).sort(),
        );
        const ownPages = known.filter(({ pid }) => pid === own + 1);
        expect(textOf(found.pointers)).toEqual(words(ownPages, (word) => word === vaddr));
        const isNear = (word: bigint): boolean => word !== vaddr && word >= base && word < base + PAGE_BYTES;
        expect(textOf(found.nearPointers)).toEqual(words(ownPages, isNear));
        expect(found.scannedBytes).toBe(known.length * PAGE_BYTES);
      },
    );
    await fc.assert(property, seeded(150));
  });

  test('tells pages that several mappings show from pages that are merely alike', async () => {
    const shown: SampleVma = {
      startVpn: 0x100,
      nrPages: 2,
      pages: [
        { index: 0, bytes: page(5) },
        { index: 1, bytes: page(5) },
      ],
    };
    const map = memoryMapOf(sampleImage({ tasks: [{ vmas: [shown], overrides: { pid: 1 } }] }));
    const [first] = map.spaces;
    const both = openSpaces({ ...map, spaces: [...map.spaces, { pids: [2], comm: 'two', areas: first?.areas ?? [] }] });
    const facts = await explainAddress(both[0] as Space, 0x100123n);
    const found = await findPlaces(map, both, facts, INLINE_CREW);
    expect(facts).toMatchObject({ state: 'held', pageOffset: 0, byteOffset: 0x123, offsetInArea: 0x123n });
    expect(textOf(found.shownAt)).toEqual([`2:${String(0x100000)}`]);
    expect(textOf(found.equalPages)).toEqual([`1:${String(0x101000)}`, `2:${String(0x101000)}`]);
  });

  test('is cut to the first places, and counted whole', async () => {
    const alike = {
      startVpn: 0x100,
      nrPages: 900,
      pages: Array.from({ length: 900 }, (_, index) => ({ index, bytes: page(5) })),
    };
    const map = memoryMapOf(sampleImage({ tasks: [{ vmas: [alike] }] }));
    const spaces = openSpaces(map);
    const facts = await explainAddress(spaces[0] as Space, 0x100000n);
    const { equalPages } = await findPlaces(map, spaces, facts, INLINE_CREW, { limit: 3 });
    expect(equalPages?.count).toBe(899);
    expect(equalPages?.first.map(({ vaddr }) => vaddr)).toEqual([0x101000n, 0x102000n, 0x103000n]);
  });
});

test('an address that nothing maps is told by its neighbours', async () => {
  const samples = [0x100, 0x200].map((startVpn): SampleVma => ({ startVpn, nrPages: 1 }));
  const [space] = openSpaces(memoryMapOf(sampleImage({ tasks: [{ vmas: samples }] })));
  const facts = await explainAddress(space as Space, 0x150000n);
  expect([facts.area, facts.below?.vm_start, facts.above?.vm_start]).toEqual([undefined, 0x100000n, 0x200000n]);
});

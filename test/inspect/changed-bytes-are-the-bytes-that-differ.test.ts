import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { PAGE_BYTES, vpnOf } from '../../src/format/model/page.js';
import { changedBytes } from '../../src/inspect/changed-bytes.js';
import type { ChangedBytes } from '../../src/inspect/changed-bytes.js';
import { diffImages } from '../../src/inspect/diff.js';
import { seeded } from './arbitrary-space.js';
import { imageOf } from './sample-image.js';
import type { SampleVma } from './sample-image.js';

const FIRST_VPN = 0x100;
const NR_PAGES = 4;

/** A page of zeros with some bytes set; undefined for one that the image does not hold. */
const anyPage = fc.option(fc.array(fc.tuple(fc.nat({ max: PAGE_BYTES - 1 }), fc.nat({ max: 3 })), { maxLength: 30 }), {
  nil: undefined,
});
const anyPages = fc.array(anyPage, { minLength: NR_PAGES, maxLength: NR_PAGES });

type Writes = readonly (readonly [offset: number, value: number])[] | undefined;

function bytesOf(writes: Writes): Uint8Array {
  const bytes = new Uint8Array(PAGE_BYTES);
  for (const [offset, value] of writes ?? []) bytes[offset] = value;
  return bytes;
}

function mapping(pages: readonly Writes[], startVpn: number): SampleVma {
  const held = pages.flatMap((writes, index) => (writes === undefined ? [] : [{ index, bytes: bytesOf(writes) }]));
  return { startVpn, nrPages: NR_PAGES, pages: held };
}

async function collect(changes: AsyncIterable<ChangedBytes>): Promise<ChangedBytes[]> {
  const all: ChangedBytes[] = [];
  for await (const changed of changes) all.push(changed);
  return all;
}

/** What two memories hold after the ranges of the first were replaced. */
function patched(pages: readonly Writes[], changes: readonly ChangedBytes[]): Buffer {
  const memory = Buffer.concat(pages.map(bytesOf));
  for (const { vaddr, after } of changes) memory.set(after, Number(vaddr) - FIRST_VPN * PAGE_BYTES);
  return memory;
}

test.each([
  ['at its place', 0],
  ['moved', 0x80],
])('ranges turn one memory into the other and begin and end with a difference: %s', async (_, movedBy) => {
  await fc.assert(
    fc.asyncProperty(anyPages, anyPages, async (pagesA, pagesB) => {
      const [a, b] = [imageOf([mapping(pagesA, FIRST_VPN - movedBy)]), imageOf([mapping(pagesB, FIRST_VPN)])];
      const diff = await diffImages(a, b);
      const changes = await collect(changedBytes(a, b, diff));
      expect(patched(pagesA, changes).equals(Buffer.concat(pagesB.map(bytesOf)))).toBe(true);
      for (const { vaddr, vaddrBefore, before, after } of changes) {
        expect(before.length).toBe(after.length);
        expect(before[0]).not.toBe(after[0]);
        expect(before.at(-1)).not.toBe(after.at(-1));
        expect(vpnOf(vaddr)).toBe(vpnOf(vaddr + BigInt(after.length - 1)));
        expect(vaddr - vaddrBefore).toBe(BigInt(movedBy * PAGE_BYTES));
      }
    }),
    seeded(200),
  );
});

test('close differences are one range, distant ones are two', async () => {
  const a = imageOf([mapping([[[0, 1]], undefined, undefined, undefined], FIRST_VPN)]);
  const writes: Writes = [
    [100, 1],
    [108, 1],
    [117, 1],
  ];
  const b = imageOf([mapping([writes, undefined, undefined, undefined], FIRST_VPN)]);
  const changes = await collect(changedBytes(a, b, await diffImages(a, b)));
  const ranges = changes.map(({ vaddr, after }) => [Number(vaddr) - FIRST_VPN * PAGE_BYTES, after.length]);
  expect(ranges).toEqual([
    [0, 1],
    [100, 9],
    [117, 1],
  ]);
});

test('pages whose other side is not known have no changed bytes', async () => {
  const pages = [{ index: 0, bytes: bytesOf([[5, 1]]) }];
  const file = { startVpn: FIRST_VPN, nrPages: 1, kind: 'file' as const, name: '/lib/a.so' };
  const [a, b] = [imageOf([file]), imageOf([{ ...file, pages }])];
  const diff = await diffImages(a, b);
  expect(diff.pages).toEqual({ same: 0, changed: 0, added: 1, removed: 0 });
  expect(await collect(changedBytes(a, b, diff))).toEqual([]);
});

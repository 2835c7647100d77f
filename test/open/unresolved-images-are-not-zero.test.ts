import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemorySource } from '../../src/format/bytes/memory.js';
import { V23 } from '../../src/format/ckpt/tables/revisions-2010.js';
import { MemoryError } from '../../src/format/errors.js';
import type { Image } from '../../src/format/model/image.js';
import { memoryMapOf, type MemoryMap } from '../../src/format/model/memory-map.js';
import { PAGE_BYTES, vaddrOf, vpnOf } from '../../src/format/model/page.js';
import { hasPage } from '../../src/format/model/page-ranges.js';
import { readImage, writerOf } from '../../src/format/registry.js';
import { hexPattern } from '../../src/inspect/search/bytes-pattern.js';
import { diffImages } from '../../src/inspect/diff.js';
import { digestImage } from '../../src/inspect/digest/digest.js';
import { searchMemory } from '../../src/inspect/search/search.js';
import { stringsIn } from '../../src/inspect/search/strings.js';
import { openSpaces } from '../../src/inspect/space.js';
import { openImageFrom } from '../../src/open/open-image.js';
import { anyCkptImage } from '../support/arbitrary-ckpt-image.js';
import { anyImage } from '../support/arbitrary-image.js';
import { writeChain, type Files } from '../support/memory-chain.js';
import { runs } from '../support/seed.js';
import { splitImage } from '../support/split-image.js';

/** The bytes of an incremental image whose parent nobody opens. */
async function childOf(image: Image, revision: string, seed: number): Promise<Uint8Array> {
  const files: Files = new Map();
  const last = await writeChain(splitImage(writerOf(revision).held(image).image, 2, seed), revision, files);
  return files.get(last) ?? new Uint8Array(0);
}

function leftPages({ tasks }: Image): number {
  return tasks.reduce(
    (sum, { mm }) => sum + (mm?.vmas ?? []).reduce((pages, vma) => pages + (vma.parentPages?.totalPages ?? 0), 0),
    0,
  );
}

/** Each page that is left to the parent, once in each address space. */
function* leftIn(map: MemoryMap): Generator<{ readonly space: number; readonly vaddr: bigint }> {
  for (const [space, { areas }] of map.spaces.entries())
    for (const { missing } of areas)
      for (let i = 0; missing && i < missing.count; i++)
        for (let page = 0; page < (missing.nrPages[i] ?? 0); page++)
          yield { space, vaddr: vaddrOf((missing.vpn[i] ?? 0) + page) };
}

/** Whether a match has a byte in a page that the image does not know. */
function isInLeft(map: MemoryMap, space: number, vaddr: bigint, length: number): boolean {
  const pages = [vpnOf(vaddr), vpnOf(vaddr + BigInt(length) - 1n)];
  const areas = map.spaces[space]?.areas ?? [];
  return areas.some(({ missing }) => missing && pages.some((vpn) => hasPage(missing, vpn)));
}

const FAMILIES = [
  ['v11', anyImage(3)],
  ['v23', anyCkptImage(V23)],
] as const;

describe.each(FAMILIES)('%s: pages that are with a parent which was not opened', (revision, images) => {
  const sample = fc.tuple(images, fc.nat());

  test('are not compared and not digested', async () => {
    await fc.assert(
      fc.asyncProperty(sample, async ([given, seed]) => {
        const child = await readImage(new MemorySource(await childOf(given, revision, seed)));
        fc.pre(leftPages(child) > 0);
        const refused = { code: 'PARENT_MISSING', path: 'parent' };
        await expect(diffImages(child, given)).rejects.toMatchObject(refused);
        await expect(diffImages(given, child)).rejects.toMatchObject(refused);
        await expect(digestImage(child)).rejects.toMatchObject(refused);
      }),
      runs(25),
    );
  });

  test('are not read, searched or shown as zeros, with an index, too', async () => {
    await fc.assert(
      fc.asyncProperty(sample, async ([given, seed]) => {
        const bytes = await childOf(given, revision, seed);
        const walked = await readImage(new MemorySource(bytes));
        fc.pre(leftPages(walked) > 0);
        const indexed = await openImageFrom(new MemorySource(bytes));
        expect(indexed.origin).toBe('walk');
        const left = [...leftIn(memoryMapOf(walked))];
        expect([...leftIn(indexed.map)]).toEqual(left);
        for (const map of [memoryMapOf(walked), indexed.map]) {
          const spaces = openSpaces(map);
          for (const { space, vaddr } of left) {
            const read = spaces[space]?.read(vaddr, PAGE_BYTES);
            await expect(read).rejects.toBeInstanceOf(MemoryError);
            await expect(read).rejects.toMatchObject({ code: 'NOT_IN_IMAGE' });
          }
          for await (const { space, vaddr, length } of searchMemory(map, hexPattern('00 00'), { limit: 20_000 }))
            expect(isInLeft(map, space, vaddr, length)).toBe(false);
          for await (const { space, vaddr, length } of stringsIn(map))
            expect(isInLeft(map, space, vaddr, length)).toBe(false);
        }
      }),
      runs(8),
    );
  });
});

test('an incremental image that leaves no page to its parent is whole', async () => {
  const [image] = fc.sample(anyImage(2), { numRuns: 1, seed: 3 });
  if (!image) throw new Error('the generator gave no image');
  const child = { ...image, parent: { path: '0.img', id: new Uint8Array(32) } };
  expect(await diffImages(child, image)).toMatchObject({ isDifferent: false });
  expect((await digestImage(child)).id).toBe((await digestImage(image)).id);
});

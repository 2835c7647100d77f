import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemorySource } from '../../../src/format/bytes/memory.js';
import type { Image, Vma } from '../../../src/format/model/image.js';
import { PAGE_BYTES } from '../../../src/format/model/page.js';
import { PageRunsBuilder, type PageRuns } from '../../../src/format/model/page-runs.js';
import { digestImage } from '../../../src/inspect/digest/digest.js';
import { anyImage } from '../../support/arbitrary-image.js';
import { isZeroAbsent, naiveId, naiveImagePages, naivePagesDigest } from '../../support/naive-digest.js';
import { runs } from '../../support/seed.js';

/** The image with other memory in its mappings. */
function withVmas(image: Image, change: (vma: Vma) => Vma): Image {
  const tasks = image.tasks.map((task) => ({ ...task, mm: task.mm && { ...task.mm, vmas: task.mm.vmas.map(change) } }));
  return { ...image, tasks };
}

/** The same pages at other places in another source: every page by itself, with odd gaps in between, in any order. */
async function rechunked(image: Image, gaps: readonly number[], isBackwards: boolean): Promise<Image> {
  const pages: Uint8Array[] = [];
  const placed = new Map<Vma, { vpn: number; index: number }[]>();
  for (const vma of image.tasks.flatMap(({ mm }) => mm?.vmas ?? [])) {
    const own: { vpn: number; index: number }[] = [];
    placed.set(vma, own);
    for (let run = 0; run < vma.pages.count; run++) {
      for (let i = 0; i < (vma.pages.nrPages[run] ?? 0); i++) {
        const page = new Uint8Array(PAGE_BYTES);
        await image.contents.read((vma.pages.offset[run] ?? 0) + i * PAGE_BYTES, page);
        own.push({ vpn: (vma.pages.vpn[run] ?? 0) + i, index: pages.push(page) - 1 });
      }
    }
  }
  const offsets: number[] = [];
  let end = 0;
  const order = isBackwards ? pages.map((_, i) => pages.length - 1 - i) : pages.map((_, i) => i);
  for (const index of order) {
    offsets[index] = end + (gaps[index % gaps.length] ?? 0);
    end = (offsets[index] ?? 0) + PAGE_BYTES;
  }
  const bytes = new Uint8Array(end);
  for (const [index, page] of pages.entries()) bytes.set(page, offsets[index]);
  const runsOf = (vma: Vma): PageRuns => {
    const builder = new PageRunsBuilder();
    for (const { vpn, index } of placed.get(vma) ?? []) builder.add(vpn, 1, offsets[index] ?? 0);
    return builder.take();
  };
  const moved = withVmas(image, (vma) => ({ ...vma, pages: runsOf(vma) }));
  return { ...moved, contents: new MemorySource(bytes) };
}

describe('pages', () => {
  test('are digested as a slow program does it', async () => {
    await fc.assert(
      fc.asyncProperty(anyImage(4), async (image) => {
        const { id, structure, pages, spaces } = await digestImage(image);
        expect(pages).toBe(await naiveImagePages(image));
        expect(id).toBe(naiveId(structure, pages));
        for (const [i, { vmas }] of spaces.entries()) {
          for (const [j, { digest }] of vmas.entries()) {
            const vma = image.tasks[i]?.mm?.vmas[j];
            if (!vma) throw new Error('more digests than mappings');
            expect(digest).toBe(await naivePagesDigest(vma.pages, isZeroAbsent(vma), image.contents));
          }
        }
      }),
      runs(30),
    );
  });

  test('have the same digest wherever they lie, and however they are cut into runs', async () => {
    const gaps = fc.array(fc.nat(300), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(anyImage(3), gaps, fc.boolean(), async (image, sizes, isBackwards) => {
        expect(await digestImage(await rechunked(image, sizes, isBackwards))).toEqual(await digestImage(image));
      }),
      runs(20),
    );
  });

  test('change the digest of their mapping, and of no other, with any byte', async () => {
    await fc.assert(
      fc.asyncProperty(anyImage(3), fc.nat(), fc.integer({ min: 1, max: 255 }), async (image, where, bits) => {
        const bytes = new Uint8Array(image.contents.size);
        await image.contents.read(0, bytes);
        // every page of its own, so that a byte is in one mapping
        const apart = await rechunked(image, [0], false);
        fc.pre(apart.contents.size > 0);
        const changed = new Uint8Array(apart.contents.size);
        await apart.contents.read(0, changed);
        const at = where % changed.length;
        changed[at] = (changed[at] ?? 0) ^ bits;
        const [before, after] = [
          await digestImage(apart),
          await digestImage({ ...apart, contents: new MemorySource(changed) }),
        ];
        expect(after.id).not.toBe(before.id);
        expect(after.structure).toBe(before.structure);
        const all = ({ spaces }: typeof before): string[] =>
          spaces.flatMap(({ vmas }) => vmas.map((vma) => vma.digest));
        const [a, b] = [all(before), all(after)];
        expect(a.filter((digest, i) => digest !== b[i])).toHaveLength(1);
      }),
      runs(40),
    );
  });

  test('of zeros are as good as none where absence reads as zero, and elsewhere are not', async () => {
    await fc.assert(
      fc.asyncProperty(anyImage(4), async (image) => {
        // the pool begins with a page of zeros
        const zeros = (vma: Vma): PageRuns => {
          const builder = new PageRunsBuilder();
          builder.add(Number(vma.vm_start / BigInt(PAGE_BYTES)), 1, 0);
          return builder.take();
        };
        const none = new PageRunsBuilder().take();
        const filled = await digestImage(withVmas(image, (vma) => ({ ...vma, pages: zeros(vma) })));
        const empty = await digestImage(withVmas(image, (vma) => ({ ...vma, pages: none })));
        const vmas = image.tasks.flatMap(({ mm }) => mm?.vmas ?? []);
        const counts = filled.spaces.flatMap((space) => space.vmas.map(({ pages }) => pages));
        expect(counts).toEqual(vmas.map((vma) => (isZeroAbsent(vma) ? 0 : 1)));
        expect(filled.pages === empty.pages).toBe(vmas.every(isZeroAbsent));
      }),
      runs(20),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { convertImage } from '../../src/convert/convert.js';
import { MemorySink, MemorySource } from '../../src/format/bytes/memory.js';
import { V23 } from '../../src/format/ckpt/tables/revisions-2010.js';
import { readIndex } from '../../src/format/image-index/read-index.js';
import type { Image, Vma } from '../../src/format/model/image.js';
import { PAGE_BYTES } from '../../src/format/model/page.js';
import { oneRange } from '../../src/format/model/page-ranges.js';
import { NO_PAGES } from '../../src/format/model/page-runs.js';
import { readImage, writerOf } from '../../src/format/registry.js';
import { diffImages } from '../../src/inspect/diff.js';
import { digestImage } from '../../src/inspect/digest/digest.js';
import { sharedMemoryIn } from '../../src/inspect/shared-memory.js';
import { verifyImage } from '../../src/inspect/verify.js';
import { openChain } from '../../src/open/chain.js';
import { differenceToParent } from '../../src/open/other-parent.js';
import { anyCkptImage } from '../support/arbitrary-ckpt-image.js';
import { anyImage } from '../support/arbitrary-image.js';
import { mmOf, writeIndexed } from '../support/comparable-image.js';
import { memoryFile, writeChain, type Files } from '../support/memory-chain.js';
import { splitImage } from '../support/split-image.js';

const LINKS = 20;

/** One whose processes have numbers of their own, with pages; of ckpt with shared memory. */
function sample(revision: string): Image {
  const hasOwnPids = ({ tasks }: Image): boolean => new Set(tasks.map(({ pid }) => pid)).size === tasks.length;
  if (revision === 'v11') {
    const [image] = fc.sample(anyImage(4).filter(hasOwnPids), { numRuns: 1, seed: 17 });
    if (image) return image;
  }
  const hasObject = ({ tasks }: Image): boolean =>
    tasks.some(({ mm }) => mm?.vmas.some(({ shared }) => (shared?.pages.totalPages ?? 0) > 2));
  const image = fc
    .sample(anyCkptImage(V23).filter(hasOwnPids), { numRuns: 60, seed: 5 })
    .find((given) => hasObject(given));
  if (!image) throw new Error('the generator gave no image');
  return writerOf(revision).held(image).image;
}

async function writeAs(image: Image, revision: string): Promise<Uint8Array> {
  const sink = new MemorySink();
  await convertImage(image, sink, { to: revision });
  return sink.bytes();
}

const chainAt = (files: Files, name: string): Promise<Image> => openChain(memoryFile(files, name));

describe.each(['v11', 'v23'])('%s', (revision) => {
  test(`a chain of ${String(LINKS)} links, squashed, is a whole image of the same state`, async () => {
    const image = sample(revision);
    const files: Files = new Map();
    const last = await writeChain(splitImage(image, LINKS, 5), revision, files);
    const chain = await chainAt(files, last);
    expect(chain.layers).toHaveLength(LINKS);
    const bytes = await writeAs(chain, revision);
    const squashed = await readImage(new MemorySource(bytes));
    expect([squashed.parent, squashed.layers]).toEqual([undefined, undefined]);
    const full = await readImage(new MemorySource(await writeAs(image, revision)));
    expect((await digestImage(squashed)).id).toBe((await digestImage(full)).id);
    expect((await diffImages(full, squashed)).isDifferent).toBe(false);
    const verified = await verifyImage('squashed.img', (options) => readImage(new MemorySource(bytes), options), {
      index: () => readIndex(new MemorySource(bytes)),
    });
    expect(verified.findings).toEqual([]);
  });

  test('another parent is taken where it has all that is left to it, and else the first difference is named', async () => {
    const files: Files = new Map();
    const last = await writeChain(splitImage(sample(revision), 3, 5), revision, files);
    const child = await readImage(new MemorySource(files.get(last) ?? new Uint8Array(0)));
    const before = await chainAt(files, '1.img');
    const squashed = await writeAs(before, revision);
    const same = await readImage(new MemorySource(squashed));
    expect(await differenceToParent(child, before, same)).toBeUndefined();
    // 0.img lacks what 1.img has itself
    const lacking = await differenceToParent(child, before, await chainAt(files, '0.img'));
    expect(lacking).toMatch(/^(page \S+ of (process \d+|shared memory)) is (not there|another one)$/);
    let named = 0;
    const { contents } = same;
    for (let run = 0, vma = firstHeld(same); run < vma.pages.count; run++) {
      const changed = squashed.slice();
      const at = (vma.pages.offset[run] ?? 0) + 100;
      changed[at] = (changed[at] ?? 0) ^ 1;
      const other = { ...same, contents: new MemorySource(changed, contents.name) };
      if ((await differenceToParent(child, before, other))?.endsWith('is another one') === true) named++;
    }
    expect(named).toBeGreaterThan(0);
  });

  test('what was not captured stays unknown in what is squashed, though the parent has it', async () => {
    const image = sample(revision);
    const files: Files = new Map();
    const [base, child] = splitImage(image, 2, 5);
    if (!base || !child) throw new Error('the image was not split');
    const unknown = {
      ...child,
      tasks: child.tasks.map((task) => ({
        ...task,
        mm: task.mm && { ...task.mm, vmas: task.mm.vmas.map(uncaptured) },
      })),
    };
    // the parent has all pages
    const last = await writeChain([image, unknown], revision, files);
    const chain = await chainAt(files, last);
    const squashed = await readImage(new MemorySource(await writeIndexed(chain, revision)));
    let pages = 0;
    for (const [i, task] of squashed.tasks.entries())
      for (const [j, vma] of (task.mm?.vmas ?? []).entries()) {
        const given = chain.tasks[i]?.mm?.vmas[j];
        expect(vma.uncaptured).toEqual(given?.uncaptured);
        if (vma.shared || !given?.uncaptured) continue;
        expect([vma.pages.totalPages, vma.uncaptured?.reason]).toEqual([0, 'excluded']);
        pages += vma.uncaptured?.ranges.totalPages ?? 0;
      }
    expect(pages).toBeGreaterThan(0);
  });
});

/** A private mapping as if it had been left out. */
function uncaptured(vma: Vma): Vma {
  if (vma.shared || vma.pages.count === 0) return vma;
  const { parentPages: _, ...rest } = vma;
  const ranges = oneRange(
    Number(vma.vm_start / BigInt(PAGE_BYTES)),
    Number((vma.vm_end - vma.vm_start) / BigInt(PAGE_BYTES)),
  );
  return { ...rest, pages: NO_PAGES, uncaptured: { ranges, reason: 'excluded' } };
}

/** The private mapping with the most runs. */
function firstHeld({ tasks }: Image): Vma {
  const vmas = tasks.flatMap((task) => (task.mm ? mmOf(task).vmas : [])).filter(({ shared }) => !shared);
  const [most] = vmas.toSorted((a, b) => b.pages.count - a.pages.count);
  if (!most) throw new Error('there is no private memory');
  return most;
}

test('an object of the same number and another size is another one', async () => {
  const files: Files = new Map();
  const last = await writeChain(splitImage(sample('v23'), 2, 5), 'v23', files);
  const child = await readImage(new MemorySource(files.get(last) ?? new Uint8Array(0)));
  const before = await chainAt(files, '0.img');
  const larger = await chainAt(files, '0.img');
  for (const memory of sharedMemoryIn(larger).keys())
    Object.assign(memory, { sizeBytes: memory.sizeBytes + BigInt(PAGE_BYTES) });
  expect(await differenceToParent(child, before, before)).toBeUndefined();
  expect(await differenceToParent(child, before, larger)).toMatch(/^shared memory \d+ of \d+ bytes has \d+ bytes$/);
  const without = { ...before, tasks: [] };
  expect(await differenceToParent(child, before, without)).toMatch(/^shared memory \d+ of \d+ bytes is not there$/);
});

test.each([
  ['v11', 'v23'],
  ['v23', 'v11'],
])(
  'a child in %s, converted to %s without its parent, keeps the link and reads through it as before',
  async (from, to) => {
    const files: Files = new Map();
    const plain = sample('v11');
    const last = await writeChain(splitImage(plain, 2, 5), from, files);
    const child = await readImage(new MemorySource(files.get(last) ?? new Uint8Array(0)));
    files.set('other.img', await writeAs(child, to));
    const converted = await readImage(new MemorySource(files.get('other.img') ?? new Uint8Array(0)));
    expect(converted.parent).toEqual(child.parent);
    const [was, is] = [await chainAt(files, last), await chainAt(files, 'other.img')];
    const { pages } = await diffImages(was, is);
    expect([pages.changed, pages.added, pages.removed]).toEqual([0, 0, 0]);
    expect(pages.same).toBeGreaterThan(0);
  },
);

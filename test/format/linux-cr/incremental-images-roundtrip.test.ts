import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemorySink, MemorySource } from '../../../src/format/bytes/memory.js';
import { WRITABLE as WRITABLE_CKPT } from '../../../src/format/ckpt/tables/revision.js';
import type { Image, ParentLink } from '../../../src/format/model/image.js';
import { PageRangesBuilder } from '../../../src/format/model/page-ranges.js';
import { NO_PAGES } from '../../../src/format/model/page-runs.js';
import { vaddrOf, vpnOf } from '../../../src/format/model/page.js';
import { readImage, readRecords, reencode, writerOf } from '../../../src/format/registry.js';
import { anyCkptImage } from '../../support/arbitrary-ckpt-image.js';
import { anyImage } from '../../support/arbitrary-image.js';
import { comparableCkpt } from '../../support/comparable-ckpt.js';
import { comparable, mmOf, writeAs } from '../../support/comparable-image.js';
import { runs } from '../../support/seed.js';
import { splitImage } from '../../support/split-image.js';
import { whatHolds } from '../../support/what-holds.js';

const link: fc.Arbitrary<ParentLink> = fc.record({
  path: fc.stringMatching(/^[\x21-\x7e]{1,40}$/),
  id: fc.uint8Array({ minLength: 32, maxLength: 32 }),
});
const capture = fc.option(
  fc.dictionary(fc.string(), fc.oneof(fc.nat(), fc.string(), fc.boolean(), fc.uint8Array({ maxLength: 70_000 }))),
  { nil: undefined },
);
const extras = fc.record({ parent: link, capture, seed: fc.nat() });
type Extras = typeof extras extends fc.Arbitrary<infer E> ? E : never;

/** An incremental image, whose parent is nowhere. */
function incremental(image: Image, { parent, capture: facts, seed }: Extras): Image {
  const [, child] = splitImage(image, 2, seed);
  return { ...(child ?? image), parent, ...(facts && { capture: facts }) };
}

async function expectReencoded(bytes: Uint8Array): Promise<void> {
  const sink = new MemorySink();
  await reencode(new MemorySource(bytes), sink);
  expect(Buffer.compare(sink.bytes(), bytes)).toBe(0);
}

describe.each(['v6', 'v8', 'v9', 'v10', 'v11'])('%s', (revision) => {
  test('what is left to a parent is written and read, byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(anyImage(), extras, async (image, more) => {
        const child = incremental(image, more);
        const bytes = await writeAs(child, revision);
        const read = await readImage(new MemorySource(bytes));
        expect(await comparable(read)).toEqual(await comparable(whatHolds(child, revision)));
        expect([read.parent, read.capture]).toEqual([child.parent, child.capture]);
        expect(read.notes.filter(({ code }) => code !== 'GUESSED')).toEqual([]);
        await expectReencoded(bytes);
        expect(Buffer.compare(await writeAs(read, revision), bytes)).toBe(0);
      }),
      runs(30),
    );
  });
});

describe.each(Object.entries(WRITABLE_CKPT))('%s', (name, revision) => {
  test('what is left to a parent is written and read, byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(anyCkptImage(revision), extras, async (image, more) => {
        const child = incremental(image, more);
        const bytes = await writeAs(child, name);
        const read = await readImage(new MemorySource(bytes), { revisions: { ckpt: [revision] } });
        const held = writerOf(name).held(child).image;
        expect(await comparableCkpt(read)).toEqual(await comparableCkpt(held));
        expect([read.parent, read.capture]).toEqual([child.parent, child.capture]);
        await expectReencoded(bytes);
      }),
      runs(12),
    );
  });
});

test.each(['v11', 'v23'])('%s: so many ranges that they take several records', async (revision) => {
  const [image] = fc.sample(anyImage(1), { numRuns: 1, seed: 1 });
  const [task] = image?.tasks ?? [];
  const [vma] = mmOf(task).vmas;
  if (!image || !task || !vma) throw new Error('the generator gave no mapping');
  const start = vpnOf(vma.vm_start);
  const builder = new PageRangesBuilder();
  for (let i = 0; i < 5000; i++) builder.add(start + 2 * i, 1);
  const left = { ...vma, vm_flags: 3n, vm_end: vaddrOf(start + 10_000), pages: NO_PAGES, parentPages: builder.take() };
  const parent = { path: '1.img', id: new Uint8Array(32) };
  const wide = { ...image, format: { ...image.format, wordBytes: 8 as const }, parent };
  const child: Image = { ...wide, tasks: [{ ...task, mm: { ...mmOf(task), vmas: [left] } }] };
  const bytes = await writeAs(child, revision);
  const read = await readImage(new MemorySource(bytes));
  expect(mmOf(read.tasks[0]).vmas[0]?.parentPages).toEqual(left.parentPages);
  const names: string[] = [];
  for await (const { name, length } of readRecords(new MemorySource(bytes))) {
    if (name === 'PARENT_PAGES') expect(length).toBeLessThanOrEqual(0x7fff);
    names.push(name);
  }
  expect(names.filter((name) => name === 'PARENT_PAGES')).toHaveLength(3);
  await expectReencoded(bytes);
});

test.each(['v11', 'v23'])('%s refuses an incremental image where its kernels would restart it', (revision) => {
  const [image] = fc.sample(anyImage(1), { numRuns: 1, seed: 1 });
  if (!image) throw new Error('the generator gave no image');
  const parent = { path: '1.img', id: new Uint8Array(32) };
  const paths = writerOf(revision)
    .refusals({ ...image, parent })
    .map(({ path }) => path);
  expect(paths).toContain('parent');
  expect(writerOf(revision).refusals(image)).not.toContainEqual(expect.objectContaining({ path: 'parent' }));
});

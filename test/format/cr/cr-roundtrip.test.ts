import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemorySink, MemorySource } from '../../../src/format/bytes/memory.js';
import { reencode } from '../../../src/format/cr/write/reencode.js';
import type { Image, Task } from '../../../src/format/model/image.js';
import { PAGE_BYTES, vaddrOf } from '../../../src/format/model/page.js';
import { PageRunsBuilder } from '../../../src/format/model/page-runs.js';
import { readImage } from '../../../src/format/registry.js';
import { anyImage, pool } from '../../support/arbitrary-image.js';
import { comparable, mmOf, writeAs as write } from '../../support/comparable-image.js';
import { whatHolds } from '../../support/what-holds.js';
import { runs } from '../../support/seed.js';

describe.each(['v8', 'v9', 'v11'])('%s', (revision) => {
  test('a model written and read is the same model', async () => {
    await fc.assert(
      fc.asyncProperty(anyImage(), async (image) => {
        const read = await readImage(new MemorySource(await write(image, revision)));
        expect(read.format.revision).toBe(revision);
        expect(read.notes.filter(({ code }) => code !== 'GUESSED')).toEqual([]);
        expect(await comparable(read)).toEqual(await comparable(whatHolds(image, revision)));
      }),
      runs(60),
    );
  });

  test('bytes decoded and encoded are the same bytes, and so are bytes read and written', async () => {
    await fc.assert(
      fc.asyncProperty(anyImage(), async (image) => {
        const bytes = await write(image, revision);
        const sink = new MemorySink();
        await reencode(new MemorySource(bytes), sink);
        expect(Buffer.compare(sink.bytes(), bytes)).toBe(0);
        const again = await write(await readImage(new MemorySource(bytes)), revision);
        expect(Buffer.compare(again, bytes)).toBe(0);
      }),
      runs(60),
    );
  });

  test('hundreds of mappings', async () => {
    await fc.assert(
      fc.asyncProperty(anyImage(400), async (image) => {
        const read = await readImage(new MemorySource(await write(image, revision)));
        expect(await comparable(read)).toEqual(await comparable(whatHolds(image, revision)));
      }),
      runs(5),
    );
  });

  test.each([1, 2047, 2048, 2049, 4095, 4096, 4097])('%i pages in a mapping, in chunks', async (pages) => {
    const [image] = fc.sample(anyImage(1), { numRuns: 1, seed: pages });
    const vma = image?.tasks[0]?.mm?.vmas[0];
    if (!image || !vma) throw new Error('the generator gave no mapping');
    const builder = new PageRunsBuilder();
    const start = Number(vma.vm_start) / PAGE_BYTES;
    for (let i = 0; i < pages; i++) builder.add(start + i, 1, ((i * 7) % (pool.length / PAGE_BYTES)) * PAGE_BYTES);
    const full = { ...vma, vm_end: vaddrOf(start + pages), pages: builder.take() };
    const task = image.tasks[0] as Task;
    const large: Image = { ...image, tasks: [{ ...task, mm: { ...mmOf(task), vmas: [full] } }] };
    const read = await readImage(new MemorySource(await write(large, revision)));
    expect(read.tasks[0]?.mm?.vmas[0]?.pages.totalPages).toBe(pages);
    expect(await comparable(read)).toEqual(await comparable(whatHolds(large, revision)));
  });
});

test('v9 and v11 differ in what their tables say, and in no more', async () => {
  const [image] = fc.sample(anyImage(), { numRuns: 1, seed: 1 });
  if (!image) throw new Error('the generator gave no image');
  const [v9, v11] = [await write(image, 'v9'), await write(image, 'v11')];
  expect(v9.length).toBe(v11.length);
});

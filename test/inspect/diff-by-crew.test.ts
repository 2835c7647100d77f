import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { INLINE_CREW } from '../../src/format/bytes/inline-crew.js';
import { MemorySource } from '../../src/format/bytes/memory.js';
import type { BulkTask, Crew } from '../../src/format/bytes/crew.js';
import type { ByteSource } from '../../src/format/bytes/source.js';
import type { Image } from '../../src/format/model/image.js';
import { PAGE_BYTES } from '../../src/format/model/page.js';
import { PageRunsBuilder } from '../../src/format/model/page-runs.js';
import { comparePagesByCrew } from '../../src/inspect/compare-by-crew.js';
import { comparePages } from '../../src/inspect/compare-here.js';
import { COMPARE_PAGES } from '../../src/inspect/compare-kernel.js';
import { planCompareTasks } from '../../src/inspect/compare-tasks.js';
import { diffImages } from '../../src/inspect/diff.js';
import { openPieces } from '../../src/inspect/page-pieces.js';
import { comparablePages, planSpans } from '../../src/inspect/page-spans.js';
import type { PageSpans } from '../../src/inspect/page-spans.js';
import { relateVmas } from '../../src/inspect/vma-relation.js';
import { anySpace, seeded } from './arbitrary-space.js';
import { imageOf, page } from './sample-image.js';
import type { SampleVma } from './sample-image.js';

function spansOf(a: Image, b: Image): PageSpans {
  const relations = relateVmas(a.tasks[0]?.mm?.vmas ?? [], b.tasks[0]?.mm?.vmas ?? []);
  return planSpans(relations.map(({ segments }) => segments));
}

/** Can only be awaited, as a file behind a network. */
function awaited(contents: ByteSource): ByteSource {
  return {
    name: contents.name,
    size: contents.size,
    isSeekable: true,
    read: async (offset, into) => {
      await Promise.resolve();
      return contents.read(offset, into);
    },
    close: () => contents.close(),
  };
}

/** A crew that does nothing before it has heard of all tasks, and counts them. */
function counting(): Crew & { tasks: number } {
  return {
    ...INLINE_CREW,
    tasks: 0,
    async *run(kernel, sources, tasks, options) {
      const all = [];
      for await (const task of tasks) all.push(task);
      this.tasks += all.length;
      yield* INLINE_CREW.run(kernel, sources, all, options);
    },
  };
}

const anyTaskPages = fc.integer({ min: 1, max: 8 });

test('a crew finds the states that one thread finds, however the pages are shared out', async () => {
  await fc.assert(
    fc.asyncProperty(anySpace, anySpace, anyTaskPages, fc.boolean(), async (spaceA, spaceB, taskPages, isAwaited) => {
      const wrap = isAwaited ? awaited : undefined;
      const [a, b] = [imageOf(spaceA, wrap), imageOf(spaceB, wrap)];
      const spans = spansOf(a, b);
      const here = await comparePages(openPieces(spans, a.contents, b.contents));
      const crew = counting();
      const byCrew = await comparePagesByCrew(spans, [a.contents, b.contents], { crew, taskPages });
      expect(byCrew).toEqual(here);
      expect(crew.tasks).toBe(Math.ceil(comparablePages(spans) / taskPages));
    }),
    seeded(500),
  );
});

/** Of each side. */
function bytesRead({ reads }: BulkTask<unknown>): number[] {
  return reads.map(({ length }) => length.reduce((sum, bytes) => sum + bytes, 0));
}

test('tasks have every comparable page once, and read little besides', () => {
  fc.assert(
    fc.property(anySpace, anySpace, anyTaskPages, (spaceA, spaceB, taskPages) => {
      const spans = spansOf(imageOf(spaceA), imageOf(spaceB));
      let total = 0;
      for (const task of planCompareTasks(spans, taskPages)) {
        const pages = task.parameters.nrPages.reduce((sum, nrPages) => sum + nrPages, 0);
        total += pages;
        expect(pages).toBeLessThanOrEqual(taskPages);
        for (const bytes of bytesRead(task)) expect(bytes).toBeLessThan(2 * taskPages * PAGE_BYTES);
      }
      expect(total).toBe(comparablePages(spans));
    }),
    seeded(200),
  );
});

/** 64 MiB: from there on a crew is asked. */
const LARGE_PAGES = 16_384;

/** Pages of one content but those that are `changed`, all in one run. */
function largeImage(changed: readonly number[] = []): Image {
  const [one, two] = [page(1), page(1, 2)];
  const bytes = new Uint8Array(LARGE_PAGES * PAGE_BYTES);
  for (let i = 0; i < LARGE_PAGES; i++) bytes.set(one, i * PAGE_BYTES);
  for (const i of changed) bytes.set(two, i * PAGE_BYTES);
  const builder = new PageRunsBuilder();
  builder.add(0, LARGE_PAGES, 0);
  const sample: SampleVma = { startVpn: 0, nrPages: LARGE_PAGES };
  const image = imageOf([sample], () => new MemorySource(bytes));
  const pages = builder.take();
  const tasks = image.tasks.map((task) => {
    const { mm } = task;
    return mm === undefined ? task : { ...task, mm: { ...mm, vmas: mm.vmas.map((vma) => ({ ...vma, pages })) } };
  });
  return { ...image, tasks };
}

const CHANGED = [0, 255, 256, 511, 512, 513, 9000, LARGE_PAGES - 1];

test('large images are compared by the crew, with the same answer and the same progress', async () => {
  const [a, b] = [largeImage(), largeImage(CHANGED)];
  const crew = counting();
  const steps: number[][] = [];
  const onProgress = (done: number, total: number): void => {
    steps.push([done, total]);
  };
  const [alone, together] = [await diffImages(a, b), await diffImages(a, b, { crew, onProgress })];
  expect(together).toEqual(alone);
  expect(together.pages).toEqual({ same: LARGE_PAGES - CHANGED.length, changed: CHANGED.length, added: 0, removed: 0 });
  expect(crew.tasks).toBe(LARGE_PAGES / 512);
  const total = LARGE_PAGES * PAGE_BYTES;
  expect(steps).toEqual([
    [total / 2, total],
    [total, total],
  ]);
});

test('small images and pipes are compared without the crew', async () => {
  const crew = counting();
  const space: SampleVma[] = [{ startVpn: 0, nrPages: 4, pages: [{ index: 1, bytes: page(1) }] }];
  await diffImages(imageOf(space), imageOf(space), { crew });
  const pipe = largeImage();
  const forwards = { ...pipe, contents: { ...awaited(pipe.contents), isSeekable: false } };
  await diffImages(forwards, largeImage(), { crew });
  expect(crew.tasks).toBe(0);
});

test('contents that end early are an error at that place, and an interrupt ends a comparison, by a crew too', async () => {
  const short = { ...largeImage(), contents: new MemorySource(new Uint8Array(5 * PAGE_BYTES + 7)) };
  const diff = diffImages(largeImage(), short, { crew: INLINE_CREW });
  await expect(diff).rejects.toMatchObject({ code: 'TRUNCATED', offset: 5 * PAGE_BYTES + 7, path: 'page contents' });
  const controller = new AbortController();
  const onProgress = (): void => {
    controller.abort(new Error('interrupted'));
  };
  const options = { crew: INLINE_CREW, signal: controller.signal, onProgress };
  await expect(diffImages(largeImage(), largeImage(), options)).rejects.toThrow('interrupted');
});

test('the kernel says nothing of pages that are all the same', () => {
  const bytes = page(3);
  const pieces = { nrPages: Uint32Array.of(1), beforeAt: Int32Array.of(0), afterAt: Int32Array.of(0) };
  expect(COMPARE_PAGES.run(pieces, [bytes, bytes])).toEqual(new Uint8Array(0));
  expect(COMPARE_PAGES.run(pieces, [bytes, page(3, 4)])).toEqual(Uint8Array.of(1));
});

import { expect, test } from 'vitest';
import type { ByteSource } from '../../src/format/bytes/source.js';
import type { Image } from '../../src/format/model/image.js';
import { PAGE_BYTES } from '../../src/format/model/page.js';
import { diffImages } from '../../src/inspect/diff.js';
import { imageOf, page } from './sample-image.js';
import type { SampleVma } from './sample-image.js';

interface Reads {
  readonly ranges: [offset: number, end: number][];
  readonly wrap: (contents: ByteSource) => ByteSource;
}

/** A source that can only be awaited and notes what it was asked for. */
function noted(endsAt = Infinity): Reads {
  const ranges: [number, number][] = [];
  const wrap = (contents: ByteSource): ByteSource => ({
    name: contents.name,
    size: contents.size,
    isSeekable: true,
    read: async (offset, into) => {
      ranges.push([offset, offset + into.length]);
      const left = Math.max(0, Math.min(into.length, endsAt - offset));
      return contents.read(offset, into.subarray(0, left));
    },
    close: () => contents.close(),
  });
  return { ranges, wrap };
}

/** Mappings of `pagesEach` pages, `gapBytes` apart in the contents. */
function mappings(count: number, pagesEach: number, gapBytes: number): SampleVma[] {
  return Array.from({ length: count }, (_, i) => ({
    startVpn: i * 1000,
    nrPages: pagesEach,
    pages: Array.from({ length: pagesEach }, (__, index) => ({
      index,
      bytes: page(1),
      gapBytes: index === 0 ? gapBytes : 0,
    })),
  }));
}

test('a run is read a MiB at a time', async () => {
  const reads = noted();
  const vmas = mappings(1, 600, 0);
  await diffImages(imageOf(vmas, reads.wrap), imageOf(vmas));
  expect(reads.ranges.map(([start, end]) => (end - start) / PAGE_BYTES)).toEqual([256, 256, 88]);
});

test('records between the pages of many mappings are read over', async () => {
  const reads = noted();
  const vmas = mappings(100, 1, 100);
  const diff = await diffImages(imageOf(vmas, reads.wrap), imageOf(vmas));
  expect(reads.ranges).toHaveLength(1);
  expect(diff.pages).toEqual({ same: 100, changed: 0, added: 0, removed: 0 });
});

test('pages that nobody asked for are not read', async () => {
  const reads = noted();
  const vmas = mappings(10, 2, PAGE_BYTES);
  await diffImages(imageOf(vmas, reads.wrap), imageOf(vmas));
  const expected = Array.from({ length: 10 }, (_, i) => [i * 3 * PAGE_BYTES + PAGE_BYTES, (i + 1) * 3 * PAGE_BYTES]);
  expect(reads.ranges).toEqual(expected);
});

test('pages that are only on one side of a file mapping are not read', async () => {
  const reads = noted();
  const file = mappings(1, 8, 0).map((vma) => ({ ...vma, kind: 'file' as const, name: '/lib/a.so' }));
  const diff = await diffImages(imageOf(file, reads.wrap), imageOf(file.map(({ pages: _, ...vma }) => vma)));
  expect(diff.pages.removed).toBe(8);
  expect(reads.ranges).toEqual([]);
});

test('contents that end early are an error at that place', async () => {
  const vmas = mappings(1, 8, 0);
  const diff = diffImages(imageOf(vmas), imageOf(vmas, noted(5 * PAGE_BYTES + 7).wrap));
  await expect(diff).rejects.toMatchObject({ code: 'TRUNCATED', offset: 5 * PAGE_BYTES + 7, path: 'page contents' });
});

/** 64 MiB in one run, the same bytes for every page. */
function largeImage(): Image {
  const nrPages = 16_384;
  const bytes = page(1);
  return imageOf([{ startVpn: 0, nrPages, pages: Array.from({ length: nrPages }, (_, index) => ({ index, bytes })) }]);
}

test('an interrupt ends a comparison while it runs', async () => {
  const controller = new AbortController();
  const [a, b] = [largeImage(), largeImage()];
  const steps: number[] = [];
  const diff = diffImages(a, b, {
    signal: controller.signal,
    onProgress: (doneBytes) => {
      steps.push(doneBytes);
    },
  });
  setImmediate(() => {
    controller.abort(new Error('interrupted'));
  });
  await expect(diff).rejects.toThrow('interrupted');
  expect(steps).toEqual([]);
});

test('progress is told in bytes and ends with all of them', async () => {
  const steps: number[][] = [];
  await diffImages(largeImage(), largeImage(), { onProgress: (done, total) => steps.push([done, total]) });
  const total = 16_384 * PAGE_BYTES;
  expect(steps).toEqual([
    [total / 2, total],
    [total, total],
  ]);
});

import { describe, expect, test } from 'vitest';
import { MemorySink, MemorySource } from '../../../src/format/bytes/memory.js';
import { reencode } from '../../../src/format/cr/write/reencode.js';
import { PAGE_BYTES, vaddrOf } from '../../../src/format/model/page.js';
import { readImage } from '../../../src/format/registry.js';
import { cumulativeChunks, oneAnonVma } from '../../support/stream.js';

// Kernels of v5 to v11 do not reset their counter when a chunk is full (specification 5.8).

describe.each([
  [8, 2048, 512],
  [4, 4096, 1024],
] as const)('%i-byte words', (wordBytes, limit, step) => {
  test.each([
    ['a little more than a chunk', [limit, 10]],
    ['two steps more', [limit, step, step]],
    ['steps that find nothing', [limit, 0, 7, 0, 0, 3]],
    ['exactly a chunk and nothing found behind it', [limit, 0]],
  ])('%s', async (_, pages) => {
    const total = pages.reduce((sum, n) => sum + n, 0);
    const bytes = oneAnonVma({ wordBytes, pages: total + 5, chunks: cumulativeChunks(pages, wordBytes) });
    const image = await readImage(new MemorySource(bytes));
    const vma = image.tasks[0]?.mm?.vmas[0];
    expect(vma?.pages.totalPages).toBe(total);
    expect(image.notes.map(({ code }) => code)).toEqual(pages.slice(1).map(() => 'CUMULATIVE_COUNT'));
    const last = new Uint8Array(PAGE_BYTES);
    const runs = vma?.pages;
    const run = (runs?.count ?? 0) - 1;
    await image.contents.read((runs?.offset[run] ?? 0) + ((runs?.nrPages[run] ?? 0) - 1) * PAGE_BYTES, last);
    // the writer of the test put each page's number into it
    expect(new DataView(last.buffer).getFloat64(0, true)).toBe((runs?.vpn[run] ?? 0) + (runs?.nrPages[run] ?? 0) - 1);
    const sink = new MemorySink();
    await reencode(new MemorySource(bytes), sink);
    expect(Buffer.compare(sink.bytes(), bytes)).toBe(0);
  });

  test('full chunks with right counts are no bug', async () => {
    const bytes = oneAnonVma({
      wordBytes,
      pages: 3 * limit,
      chunks: [limit, limit, limit].map((count) => ({ header: count, count })),
    });
    const image = await readImage(new MemorySource(bytes));
    expect(image.notes).toEqual([]);
    expect(image.tasks[0]?.mm?.vmas[0]?.pages.totalPages).toBe(3 * limit);
  });

  test('a chunk longer than a kernel would make it is taken as it says', async () => {
    const counts = [limit, limit + 1];
    const bytes = oneAnonVma({
      wordBytes,
      pages: 3 * limit,
      chunks: counts.map((count) => ({ header: count, count })),
    });
    const image = await readImage(new MemorySource(bytes));
    expect(image.notes).toEqual([]);
    expect(image.tasks[0]?.mm?.vmas[0]?.pages.totalPages).toBe(2 * limit + 1);
    expect(image.tasks[0]?.mm?.vmas[0]?.vm_start).toBe(vaddrOf(0x8000));
  });
});

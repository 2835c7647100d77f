import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BlobSource } from '../../../src/format/bytes/blob.js';
import { BLOCK_BYTES, BlockCache } from '../../../src/format/bytes/block-cache.js';
import { MemorySource } from '../../../src/format/bytes/memory.js';
import type { ByteSource, ReadOptions } from '../../../src/format/bytes/source.js';
import { IoError } from '../../../src/format/errors.js';
import { runs } from '../../support/seed.js';

const BYTES = Uint8Array.from({ length: 9 * BLOCK_BYTES + 321 }, (_, i) => (i * 5) ^ (i >> 8));

interface SlowSource extends ByteSource {
  /** Offset and length of every read that came. */
  readonly asked: [number, number][];
  isFailing: boolean;
}

/** Bytes that take their time, and may fail. */
function slow(bytes: Uint8Array, size = bytes.length): SlowSource {
  const memory = new MemorySource(bytes);
  const asked: [number, number][] = [];
  return {
    name: 'slow',
    size,
    isSeekable: true,
    asked,
    isFailing: false,
    async read(offset: number, into: Uint8Array, { signal }: ReadOptions = {}) {
      asked.push([offset, into.length]);
      await new Promise((resolve) => setTimeout(resolve, 1));
      signal?.throwIfAborted();
      if (this.isFailing) throw new IoError('READ_FAILED', { what: 'as told' });
      return memory.read(offset, into);
    },
    close: () => Promise.resolve(),
  };
}

const PART = fc.record({ offset: fc.nat(BYTES.length + 10), length: fc.nat(4 * BLOCK_BYTES) });

test('any reads at once give the bytes, with reads given up and failures between them', async () => {
  const property = fc.asyncProperty(
    fc.array(fc.record({ part: PART, isGivenUp: fc.boolean(), breaks: fc.boolean() }), { maxLength: 12 }),
    fc.constantFrom(BLOCK_BYTES, 3 * BLOCK_BYTES, 100 * BLOCK_BYTES),
    async (steps, cacheBytes) => {
      const source = slow(BYTES);
      const cache = new BlockCache(source, { cacheBytes, maxRequestBytes: 3 * BLOCK_BYTES });
      const reads = steps.map(async ({ part: { offset, length }, isGivenUp, breaks }, i) => {
        await new Promise((resolve) => setTimeout(resolve, i % 4));
        const stop = new AbortController();
        const into = new Uint8Array(length);
        source.isFailing = breaks;
        const reading = cache.read(offset, into, { signal: stop.signal });
        if (isGivenUp) stop.abort();
        const got = await reading.catch((error: unknown) => error);
        if (typeof got !== 'number') {
          expect(String(got)).toMatch(/as told|abort/i);
          return;
        }
        expect(got).toBe(Math.max(0, Math.min(length, BYTES.length - offset)));
        expect(Buffer.compare(into.subarray(0, got), BYTES.subarray(offset, offset + got))).toBe(0);
      });
      await Promise.all(reads);
      for (const [, length] of source.asked) expect(length).toBeLessThanOrEqual(3 * BLOCK_BYTES);
    },
  );
  await fc.assert(property, runs(60));
});

test('a read over many blocks is one request, also where some in the middle are there already', async () => {
  const source = slow(BYTES);
  const cache = new BlockCache(source);
  await cache.read(4 * BLOCK_BYTES, new Uint8Array(10));
  await cache.read(100, new Uint8Array(8 * BLOCK_BYTES));
  expect(source.asked.length).toBe(2);
  await cache.read(0, new Uint8Array(8 * BLOCK_BYTES));
  expect(source.asked.length).toBe(2);
});

test('two that read forwards in turns are both noticed', async () => {
  const source = slow(BYTES);
  const cache = new BlockCache(source);
  for (let i = 0; i < 4; i++)
    for (const start of [0, 5]) await cache.read((start + i) * BLOCK_BYTES, new Uint8Array(100));
  expect(source.asked.length).toBeLessThanOrEqual(6);
});

test('what failed is asked for again by the next read', async () => {
  const source = slow(BYTES);
  const cache = new BlockCache(source);
  source.isFailing = true;
  await expect(cache.read(0, new Uint8Array(10))).rejects.toThrow('as told');
  source.isFailing = false;
  expect(await cache.read(0, new Uint8Array(10))).toBe(10);
});

test('a source that is shorter than it said has changed', async () => {
  const cache = new BlockCache(slow(BYTES, BYTES.length + 10));
  await expect(cache.read(BYTES.length - 5, new Uint8Array(10))).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
});

test('a Blob gives its bytes, and is called as the File', async () => {
  const property = fc.asyncProperty(PART, async ({ offset, length }) => {
    const into = new Uint8Array(length);
    const got = await new BlobSource(new Blob([BYTES])).read(offset, into);
    expect(Buffer.compare(into.subarray(0, got), BYTES.subarray(offset, offset + length))).toBe(0);
  });
  await fc.assert(property, runs(30));
  expect(new BlobSource(new File([BYTES], 'a.img')).name).toBe('a.img');
  expect(new BlobSource(new Blob([BYTES])).name).toBe('blob');
});

test('a Blob that cannot be read any more is told', async () => {
  const blob = new Blob([BYTES]);
  blob.slice = () => Object.assign(new Blob([]), { arrayBuffer: () => Promise.reject(new DOMException('gone')) });
  const reading = new BlobSource(blob, 'a.img').read(0, new Uint8Array(10));
  await expect(reading).rejects.toMatchObject({ code: 'READ_FAILED', message: 'reading a.img failed (Error: gone)' });
});

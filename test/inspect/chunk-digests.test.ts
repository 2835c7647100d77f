import * as fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { INLINE_CREW } from '../../src/format/bytes/inline-crew.js';
import { MemorySource } from '../../src/format/bytes/memory.js';
import { loadXxh64 } from '../../src/format/bytes/xxhash.js';
import { ChunkDigester } from '../../src/format/model/chunk-digester.js';
import { CHUNK_BYTES, type ChunkDigests } from '../../src/format/model/chunk-digests.js';
import { checkChunkDigests, computeChunkDigests } from '../../src/inspect/chunk-digests.js';
import { runs } from '../support/seed.js';

const SMALL_CHUNK = 4096;
const crew = INLINE_CREW;

beforeAll(loadXxh64);

function digestsOf(pieces: readonly Uint8Array[], chunkBytes?: number): ChunkDigests {
  const digester = new ChunkDigester(chunkBytes);
  for (const piece of pieces) digester.update(piece);
  return digester.take();
}

/** Cuts `bytes` at `cuts`, in any order, some of them the same. */
function cutAt(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const borders = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return borders.slice(1).map((end, i) => bytes.subarray(borders[i], end));
}

/** Bytes without a period, so that no chunk is like another. */
function counted(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >>> 8) * 17 + (i >>> 16)) & 0xff;
  return bytes;
}

function hexOf(values: Uint8Array): string {
  return [...values].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

test('a digest is XXH64 with seed 0, little endian', () => {
  // XXH64 of "a" is d24ec4f1a98c6e5b
  expect(hexOf(digestsOf([Uint8Array.of(0x61)]).values)).toBe('5b6e8ca9f1c44ed2');
  expect(digestsOf([])).toEqual({ chunkBytes: CHUNK_BYTES, streamBytes: 0, values: new Uint8Array(0) });
});

test('digests do not depend on the pieces that a stream is written in', () => {
  const bytes = counted(5 * SMALL_CHUNK + 100);
  fc.assert(
    fc.property(fc.nat(bytes.length), fc.array(fc.nat(bytes.length), { maxLength: 40 }), (length, cuts) => {
      const part = bytes.subarray(0, length);
      const whole = digestsOf([part], SMALL_CHUNK);
      expect(digestsOf(cutAt(part, cuts), SMALL_CHUNK)).toEqual(whole);
      expect(whole.values.length).toBe(Math.ceil(length / SMALL_CHUNK) * 8);
    }),
    runs(300),
  );
});

test('a digester begins anew after each stream', () => {
  const digester = new ChunkDigester(SMALL_CHUNK);
  const bytes = counted(SMALL_CHUNK + 1);
  digester.update(bytes);
  const first = digester.take();
  digester.update(bytes);
  expect(digester.take()).toEqual(first);
});

test.each([0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES - 1])(
  'digests of %i bytes of a file are those of the stream that was written to it',
  async (streamBytes) => {
    const bytes = counted(streamBytes + 1000);
    const digests = await computeChunkDigests(new MemorySource(bytes), streamBytes, { crew });
    expect(digests).toEqual(digestsOf([bytes.subarray(0, streamBytes)]));
  },
);

test('every byte that is another one is found in its chunk, and neighbouring chunks are one range', async () => {
  const streamBytes = 600 * SMALL_CHUNK + 100;
  const bytes = counted(streamBytes);
  const digests = digestsOf([bytes], SMALL_CHUNK);
  expect(await checkChunkDigests(new MemorySource(bytes), digests, { crew })).toEqual([]);
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.nat(streamBytes - 1), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 255 }),
      async (places, flip) => {
        const damagedBytes = bytes.slice();
        for (const place of places) damagedBytes[place] = (bytes[place] ?? 0) ^ flip;
        const chunks = [...new Set(places.map((place) => Math.floor(place / SMALL_CHUNK)))].toSorted((a, b) => a - b);
        const found = await checkChunkDigests(new MemorySource(damagedBytes), digests, { crew });
        const isIn = (chunk: number): boolean =>
          found.some(([start, end]) => start <= chunk * SMALL_CHUNK && chunk * SMALL_CHUNK < end);
        const inFound = Array.from({ length: 601 }, (_, chunk) => chunk).filter(isIn);
        expect(inFound).toEqual(chunks);
        for (const [i, [start]] of found.entries()) expect(start).toBeGreaterThan(found[i - 1]?.[1] ?? -1);
        expect(found.at(-1)?.[1]).toBeLessThanOrEqual(streamBytes);
      },
    ),
    runs(30),
  );
});

test('what a file is too short to hold is damaged, and what is behind the stream is nobody’s business', async () => {
  const bytes = counted(3 * SMALL_CHUNK + 100);
  const digests = digestsOf([bytes], SMALL_CHUNK);
  const short = new MemorySource(bytes.subarray(0, 2 * SMALL_CHUNK - 1));
  expect(await checkChunkDigests(short, digests, { crew })).toEqual([[SMALL_CHUNK, bytes.length]]);
  const longer = new MemorySource(counted(9 * SMALL_CHUNK));
  expect(await checkChunkDigests(longer, digests, { crew })).toEqual([]);
});

const VALUES = new Uint8Array(8);

test.each<[string, ChunkDigests]>([
  ['chunks of no bytes', { chunkBytes: 0, streamBytes: 1, values: VALUES }],
  ['chunks of half a byte', { chunkBytes: 4096.5, streamBytes: 1, values: VALUES }],
  ['chunks larger than memory', { chunkBytes: 2 ** 45, streamBytes: 2 ** 45, values: VALUES }],
  ['a stream of negative length', { chunkBytes: 4096, streamBytes: -1, values: new Uint8Array(0) }],
  ['a stream of unsafe length', { chunkBytes: 4096, streamBytes: Infinity, values: VALUES }],
  ['too few digests', { chunkBytes: 4096, streamBytes: 4097, values: VALUES }],
  ['too many digests', { chunkBytes: 4096, streamBytes: 0, values: VALUES }],
])('digests of %s are refused before anything is read', async (_, digests) => {
  const source = new MemorySource(new Uint8Array(8192));
  await expect(checkChunkDigests(source, digests, { crew })).rejects.toMatchObject({ code: 'INDEX_DAMAGED' });
});

test('a file that ends before the stream cannot be digested', async () => {
  const digests = computeChunkDigests(new MemorySource(new Uint8Array(10)), 11, { crew });
  await expect(digests).rejects.toMatchObject({ code: 'TRUNCATED', offset: 10 });
});

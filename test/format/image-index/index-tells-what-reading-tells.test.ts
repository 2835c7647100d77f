import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { convertImage } from '../../../src/convert/convert.js';
import { MemorySink, MemorySource } from '../../../src/format/bytes/memory.js';
import type { ByteSource } from '../../../src/format/bytes/source.js';
import { HEAD_BYTES, digestOfHead } from '../../../src/format/image-index/head-digest.js';
import { BLOCK_RUNS } from '../../../src/format/image-index/run-block.js';
import { findIndex, readIndex } from '../../../src/format/image-index/read-index.js';
import { encodeIndex, type IndexFacts } from '../../../src/format/image-index/write-index.js';
import type { Image } from '../../../src/format/model/image.js';
import { tableOf } from '../../../src/format/model/page-table.js';
import { PageRunsBuilder, firstRunFrom } from '../../../src/format/model/page-runs.js';
import { PAGE_BYTES, vaddrOf } from '../../../src/format/model/page.js';
import { WRITER_NAMES, readImage } from '../../../src/format/registry.js';
import { digestFaults, indexFaults } from '../../../src/inspect/verify-index.js';
import { buildIndex } from '../../../src/open/build-index.js';
import { anyImage } from '../../support/arbitrary-image.js';
import { goldenBytes, goldenNames } from '../../support/golden.js';
import { runs } from '../../support/seed.js';

const GOLDEN = [...goldenNames('cr'), ...goldenNames('ckpt')];

/** The same bytes, which have to be waited for; counts how often. */
function slow(bytes: Uint8Array): ByteSource & { reads: number } {
  const memory = new MemorySource(bytes);
  return {
    reads: 0,
    name: 'slow',
    size: bytes.length,
    isSeekable: true,
    read(offset, into) {
      this.reads++;
      return memory.read(offset, into);
    },
    close: () => Promise.resolve(),
  };
}

async function encoded(facts: IndexFacts): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of encodeIndex(facts)) pieces.push(piece.slice());
  return new Uint8Array(Buffer.concat(pieces));
}

/** What reading says of bytes behind the image. */
function unknownBytes({ notes }: Image): string[] {
  return notes.map(({ code }) => code).filter((code) => code === 'TRAILING_BYTES');
}

/** What the index at the end of `source` says of the image otherwise than reading it. */
async function differences(bytes: Uint8Array, source: ByteSource, eagerBytes?: number): Promise<string[]> {
  const index = await readIndex(source, { eagerBytes });
  if (!index) return ['there is no index'];
  const image = await readImage(new MemorySource(bytes));
  const faults = [...(await indexFaults(image, index)), ...(await digestFaults(index))];
  return [...faults.map(({ code }) => code), ...unknownBytes(image)];
}

test.each(WRITER_NAMES)('%s: the index behind an image tells what reading the image tells', async (to) => {
  await fc.assert(
    fc.asyncProperty(anyImage(), async (image) => {
      const sink = new MemorySink();
      const { indexBytes } = await convertImage(image, sink, { to });
      const bytes = sink.bytes();
      expect((await findIndex(new MemorySource(bytes)))?.offset).toBe(bytes.length - indexBytes);
      expect(await differences(bytes, new MemorySource(bytes))).toEqual([]);
      expect(await differences(bytes, slow(bytes), 0)).toEqual([]);
    }),
    runs(8),
  );
});

describe.each(GOLDEN)('%s', (name) => {
  const golden = goldenBytes(name);

  test('an index that is made of it is the one that its writer would have put behind it', async () => {
    const index = await encoded(await buildIndex(new MemorySource(golden), { withDigests: true }));
    const bytes = new Uint8Array(Buffer.concat([golden, index]));
    const notes = unknownBytes(await readImage(new MemorySource(golden)));
    expect(await differences(bytes, new MemorySource(bytes))).toEqual(notes);
    // made again, it is the same: an index that is there already counts for nothing
    expect(await encoded(await buildIndex(new MemorySource(bytes), { withDigests: true }))).toEqual(index);
  });

  test('an index of its own is taken for this image only', async () => {
    const image = new MemorySource(golden);
    const index = new MemorySource(await encoded(await buildIndex(image, { isSeparate: true })));
    expect((await readIndex(index, { image }))?.map.spaces.length).toBeGreaterThan(0);
    const others: [string, Uint8Array][] = [
      ['longer', new Uint8Array([...golden, 0])],
      ['shorter', golden.subarray(0, -1)],
      ['begun otherwise', golden.with(70, (golden[70] ?? 0) ^ 1)],
    ];
    for (const [what, other] of others)
      await expect(readIndex(index, { image: new MemorySource(other) }), what).rejects.toMatchObject({
        code: 'INDEX_STALE',
      });
    const written = Object.assign(new MemorySource(golden), { modifiedNs: 5n });
    await expect(readIndex(index, { image: written })).rejects.toMatchObject({ code: 'INDEX_STALE' });
  });
});

test('any byte of an index that changes is noticed, or changes nothing', async () => {
  const name = GOLDEN[0] ?? '';
  const golden = goldenBytes(name);
  const index = await encoded(await buildIndex(new MemorySource(golden), { withDigests: true }));
  for (let at = 0; at < index.length; at++) {
    const bytes = new Uint8Array(Buffer.concat([golden, index.with(at, (index[at] ?? 0) ^ 0x41)]));
    const told = await differences(bytes, new MemorySource(bytes), 0).catch((error: unknown) => {
      expect(error).toMatchObject({
        code: expect.stringMatching(/^(INDEX_DAMAGED|INDEX_STALE|UNSUPPORTED)$/) as string,
      });
      return ['refused'];
    });
    // the magic at its beginning is looked at only by those who come from the front
    if (at >= 8) expect(told, `byte ${String(at)}`).not.toEqual([]);
  }
});

/** Zeros, and behind them an index of them, as a file that has to be waited for. */
function zerosWith(zeroBytes: number, index: Uint8Array): ByteSource & { reads: number } {
  return {
    reads: 0,
    name: 'large',
    size: zeroBytes + index.length,
    isSeekable: true,
    read(offset, into) {
      this.reads++;
      into.fill(0);
      const from = Math.max(0, zeroBytes - offset);
      into.subarray(from).set(index.subarray(offset + from - zeroBytes, offset + into.length - zeroBytes));
      return Promise.resolve(into.length);
    },
    close: () => Promise.resolve(),
  };
}

test('an index is opened in three reads; a large page table is loaded block by block, and kept', async () => {
  const count = 20_000;
  const builder = new PageRunsBuilder();
  for (let i = 0; i < count; i++) builder.add(1000 + 2 * i, 1, i * 3 * PAGE_BYTES);
  const addresses = {
    vm_start: vaddrOf(1000),
    vm_end: vaddrOf(1000 + 2 * count),
    vm_page_prot: 0n,
    vm_flags: 3n,
    vm_pgoff: 0n,
  };
  const area = { ...addresses, kind: 'anon' as const, name: undefined, pages: tableOf(builder.take()) };
  const zeroBytes = count * 3 * PAGE_BYTES;
  const { format } = await buildIndex(new MemorySource(goldenBytes(GOLDEN[0] ?? '')));
  const file = { bytes: zeroBytes, head: await digestOfHead(new Uint8Array(HEAD_BYTES)) };
  const index = await encoded({ file, format, spaces: [{ pids: [7], comm: 'x', areas: [area] }] });
  const source = zerosWith(zeroBytes, index);
  const stored = await readIndex(source, { eagerBytes: 0 });
  expect(source.reads).toBeLessThanOrEqual(3);
  const [table] = stored?.map.spaces[0]?.areas.map(({ pages }) => pages) ?? [];
  source.reads = 0;
  for (let i = 0; i < count; i++) {
    const block = await table?.block(1000 + 2 * i);
    const run = block ? firstRunFrom(block.runs, 1000 + 2 * i) : -1;
    expect([block?.runs.vpn[run], block?.runs.offset[run]]).toEqual([1000 + 2 * i, i * 3 * PAGE_BYTES]);
  }
  expect(source.reads).toBe(Math.ceil(count / BLOCK_RUNS));
});

test('an index that is cut off is told to be bytes that nobody knows', async () => {
  const image = await readImage(new MemorySource(goldenBytes(GOLDEN[0] ?? '')));
  const sink = new MemorySink();
  const { indexBytes } = await convertImage(image, sink, { to: 'v11' });
  const bytes = sink.bytes();
  expect(unknownBytes(await readImage(new MemorySource(bytes)))).toEqual([]);
  for (const cut of [1, 8, 24, 25, indexBytes - 8, indexBytes - 1]) {
    const source = new MemorySource(bytes.subarray(0, bytes.length - cut));
    expect(unknownBytes(await readImage(source)), `${String(cut)} bytes`).toEqual(['TRAILING_BYTES']);
  }
});

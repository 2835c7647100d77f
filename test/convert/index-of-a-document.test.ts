import { expect, test } from 'vitest';
import { convertImage } from '../../src/convert/convert.js';
import { decodeRecords } from '../../src/convert/decode.js';
import type { DocumentEntry, RecordsDocument } from '../../src/convert/document.js';
import { encodeRecords } from '../../src/convert/encode.js';
import { MemorySink, MemorySource } from '../../src/format/bytes/memory.js';
import { readIndex } from '../../src/format/image-index/read-index.js';
import { readImage } from '../../src/format/registry.js';
import { digestFaults, indexFaults } from '../../src/inspect/verify-index.js';
import { goldenBytes, goldenNames } from '../support/golden.js';

const NAMES = [...goldenNames('cr'), ...goldenNames('ckpt')];

async function indexed(name: string): Promise<Uint8Array> {
  const image = await readImage(new MemorySource(goldenBytes(name)));
  const sink = new MemorySink();
  await convertImage(image, sink, { to: image.format.family === 'cr' ? 'v11' : 'v23' });
  return sink.bytes();
}

async function encode(document: RecordsDocument): Promise<Uint8Array> {
  const sink = new MemorySink();
  await encodeRecords(document, sink);
  return sink.bytes();
}

async function* changed(entries: AsyncIterable<DocumentEntry>): AsyncGenerator<DocumentEntry> {
  for await (const entry of entries) {
    const isPages = entry.contents !== undefined && entry.name === 'raw:pages';
    yield isPages ? { ...entry, contents: entry.contents.map((byte) => byte ^ 1) } : entry;
  }
}

test.each(NAMES)('%s: an index comes out as it was where nothing was changed, and fits where it was', async (name) => {
  const bytes = await indexed(name);
  const same = await encode(await decodeRecords(new MemorySource(bytes)));
  expect(Buffer.compare(same, bytes)).toBe(0);
  const document = await decodeRecords(new MemorySource(bytes));
  const other = await encode({ ...document, entries: changed(document.entries) });
  // the smallest of them has no pages
  expect(Buffer.compare(other, bytes) === 0).toBe(name === 'tiny-v11');
  const index = await readIndex(new MemorySource(other));
  if (!index) throw new TypeError('there is an index');
  const image = await readImage(new MemorySource(other));
  expect([...(await indexFaults(image, index)), ...(await digestFaults(index))]).toEqual([]);
});

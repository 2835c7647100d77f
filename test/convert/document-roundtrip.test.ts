import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeRecords } from '../../src/convert/decode.js';
import type { DocumentEntry } from '../../src/convert/document.js';
import { encodeRecords } from '../../src/convert/encode.js';
import { readDocument } from '../../src/convert/read-document.js';
import { writeDocument, type WriteDocumentOptions } from '../../src/convert/write-document.js';
import { MemorySink, MemorySource } from '../../src/format/bytes/memory.js';
import { REVISIONS } from '../../src/format/cr/tables/revision.js';
import { anyImage } from '../support/arbitrary-image.js';
import { writeAs } from '../support/comparable-image.js';
import { goldenBytes, goldenNames } from '../support/golden.js';
import { runs } from '../support/seed.js';
import { cumulativeChunks, oneAnonVma } from '../support/stream.js';

const GOLDEN_NAMES = [...goldenNames('cr'), ...goldenNames('ckpt')];

/** A way through a document and back. */
interface Way extends WriteDocumentOptions {
  readonly hasPagesApart?: boolean;
}

const WAYS: readonly (readonly [string, Way])[] = [
  ['JSON with a record a line', {}],
  ['JSON with a value a line', { isPretty: true }],
  ['JSON with page contents apart', { hasPagesApart: true }],
  ['msgpack', { form: 'msgpack' }],
  ['msgpack with page contents apart', { form: 'msgpack', hasPagesApart: true }],
];

async function documentOf(image: Uint8Array, way: Way): Promise<{ document: Uint8Array; pages: Uint8Array }> {
  const side = new MemorySink();
  const sink = new MemorySink();
  const pages = way.hasPagesApart === true ? side : 'inline';
  await writeDocument(await decodeRecords(new MemorySource(image), { pages }), sink, way);
  return { document: sink.bytes(), pages: side.bytes() };
}

async function thereAndBack(image: Uint8Array, way: Way): Promise<Uint8Array> {
  const { document, pages } = await documentOf(image, way);
  const again = new MemorySink();
  const side = way.hasPagesApart === true ? new MemorySource(pages) : undefined;
  await encodeRecords(await readDocument(new MemorySource(document)), again, { pages: side });
  return again.bytes();
}

describe.each(WAYS)('decoded to %s and encoded again', (_, way) => {
  test.each(GOLDEN_NAMES)('%s is the same bytes', async (name) => {
    const image = goldenBytes(name);
    expect(Buffer.compare(await thereAndBack(image, way), image)).toBe(0);
  });

  test.each(GOLDEN_NAMES)('%s with bytes behind it is the same bytes', async (name) => {
    const image = Uint8Array.from([...goldenBytes(name), ...new Uint8Array(5000).fill(0x5b), 0, 0xff]);
    expect(Buffer.compare(await thereAndBack(image, way), image)).toBe(0);
  });

  test('any image is the same bytes', async () => {
    await fc.assert(
      fc.asyncProperty(anyImage(4), fc.constantFrom('v8', 'v9', 'v11'), async (image, revision) => {
        const bytes = await writeAs(image, revision);
        expect(Buffer.compare(await thereAndBack(bytes, way), bytes)).toBe(0);
      }),
      runs(25),
    );
  });
});

test.each(REVISIONS.map((revision) => [revision.name, revision] as const))(
  '%s: every revision that is read comes back, whatever its words and layouts',
  async (_, revision) => {
    for (const wordBytes of [4, 8] as const) {
      const bytes = oneAnonVma({ wordBytes, pages: 6, chunks: [{ header: 2, count: 2 }], revision });
      expect(Buffer.compare(await thereAndBack(bytes, {}), bytes)).toBe(0);
    }
  },
);

test('counts that add up are kept, though they are not the counts of their chunks', async () => {
  const chunks = cumulativeChunks([2048, 0, 3], 8);
  const bytes = oneAnonVma({ wordBytes: 8, pages: 4096, chunks });
  expect(Buffer.compare(await thereAndBack(bytes, {}), bytes)).toBe(0);
});

test('a document is JSON for everybody, with a record a line', async () => {
  const { document } = await documentOf(goldenBytes('tiny-v11'), {});
  const text = new TextDecoder().decode(document);
  const parsed = JSON.parse(text) as { format: string; revision: string; records: DocumentEntry[] };
  expect([parsed.format, parsed.revision]).toEqual(['crit-records', 'v11']);
  expect(text.split('\n').length).toBe(parsed.records.length + 3);
  const pretty = await documentOf(goldenBytes('tiny-v11'), { isPretty: true });
  expect(JSON.parse(new TextDecoder().decode(pretty.document))).toEqual(parsed);
});

test('entries tell where they stood, and leave out no byte', async () => {
  const image = goldenBytes('D2-v11-x86_64');
  const { entries } = await decodeRecords(new MemorySource(image), { pages: 'none' });
  let offset = 0;
  for await (const entry of entries) {
    expect(entry.offset).toBe(offset);
    offset += entry.length ?? 0;
  }
  expect(offset).toBe(image.length);
});

test('without page contents there is nothing to encode', async () => {
  const { head, entries } = await decodeRecords(new MemorySource(goldenBytes('D2-v11-x86_64')), { pages: 'none' });
  await expect(encodeRecords({ head, entries }, new MemorySink())).rejects.toMatchObject({
    code: 'BAD_DOCUMENT',
    path: expect.stringMatching(/^records\[\d+\]\.pages$/) as string,
  });
});

test('a damaged image is refused before there is a document', async () => {
  const source = new MemorySource(goldenBytes('tiny-v11').slice(0, 700));
  await expect(decodeRecords(source)).rejects.toMatchObject({ code: 'TRUNCATED' });
});

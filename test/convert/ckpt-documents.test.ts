import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeRecords } from '../../src/convert/decode.js';
import type { DocumentEntry, RecordsDocument } from '../../src/convert/document.js';
import { encodeRecords } from '../../src/convert/encode.js';
import { MemorySink, MemorySource } from '../../src/format/bytes/memory.js';
import { CKPT_DOCUMENTS } from '../../src/format/ckpt/document.js';
import { REVISIONS, type CkptRevision } from '../../src/format/ckpt/tables/revision.js';
import type { Shape } from '../../src/format/ckpt/tables/tail.js';
import { decodeLayout } from '../../src/format/layout/decode.js';
import { encodeLayoutInto } from '../../src/format/layout/encode.js';
import { jsonToLayout, layoutToJson, type JsonFields } from '../../src/format/layout/json.js';
import type { Layout } from '../../src/format/layout/layout.js';
import { readImage } from '../../src/format/registry.js';
import { goldenBytes } from '../support/golden.js';
import { runs } from '../support/seed.js';

const GOLDEN = 'H3-tree-x86_64';
const AT = { offset: 0, path: 'test' };

async function entriesOf(image: Uint8Array): Promise<{ head: RecordsDocument['head']; entries: DocumentEntry[] }> {
  const { head, entries } = await decodeRecords(new MemorySource(image));
  const all: DocumentEntry[] = [];
  for await (const entry of entries) all.push(entry);
  return { head, entries: all };
}

async function* each(entries: readonly DocumentEntry[]): AsyncGenerator<DocumentEntry> {
  await Promise.resolve();
  yield* entries;
}

async function encoded(head: RecordsDocument['head'], entries: readonly DocumentEntry[]): Promise<Uint8Array> {
  const sink = new MemorySink();
  await encodeRecords({ head, entries: each(entries) }, sink);
  return sink.bytes();
}

function layoutsOf({ shapes }: CkptRevision): Layout[] {
  return Object.values<Shape>(shapes).flatMap(({ layouts, tail, chosenBy }) => [
    ...layouts,
    ...Object.values(chosenBy?.layouts ?? {}),
    ...(tail.kind === 'elements' ? [tail.layout] : []),
  ]);
}

describe.each(REVISIONS.map((revision) => [revision.name, layoutsOf(revision)] as const))('%s', (name, layouts) => {
  test('any bytes of a struct come back from its JSON, padding too', () => {
    for (const layout of layouts) {
      const raw = fc.uint8Array({ minLength: layout.size, maxLength: layout.size });
      fc.assert(
        fc.property(raw, (bytes) => {
          const json = layoutToJson(layout, decodeLayout(layout, bytes, AT));
          const again = new Uint8Array(layout.size);
          encodeLayoutInto(layout, jsonToLayout(layout, JSON.parse(JSON.stringify(json)) as JsonFields, AT), again, 0);
          expect(again).toEqual(bytes);
        }),
        runs(4),
      );
    }
  });

  test('the name and size in a document lead to a struct of the same members', () => {
    for (const layout of layouts) {
      const [first] = CKPT_DOCUMENTS.layoutsOf(layout.name, layout.size, name);
      const membersOf = (one: Layout | undefined): unknown => one?.fields.map((field) => [field.name, field.size]);
      expect(membersOf(first)).toEqual(membersOf(layout));
    }
  });
});

test('a flag of a mapping, by name', async () => {
  const { head, entries } = await entriesOf(goldenBytes(GOLDEN));
  const place = entries.findIndex((entry) => entry.name === 'VMA');
  const vma = entries[place];
  if (!vma?.fields) throw new Error('no VMA');
  entries[place] = { ...vma, fields: { ...vma.fields, vm_flags: 'READ|EXEC' } };
  const image = await readImage(new MemorySource(await encoded(head, entries)));
  expect(image.tasks.flatMap(({ mm }) => mm?.vmas.map((one) => one.vm_flags) ?? [])).toContain(5n);
});

test('a record without a number, and one with a parent, are refused', async () => {
  const { head, entries } = await entriesOf(goldenBytes(GOLDEN));
  const [first, ...rest] = entries;
  if (!first) throw new Error('no records');
  for (const change of [{ type: undefined }, { parent: 0 }])
    await expect(encoded(head, [{ ...first, ...change }, ...rest])).rejects.toMatchObject({
      code: 'BAD_VALUE',
      path: `records[0].${Object.keys(change)[0] ?? ''}`,
    });
});

test('long records come in pieces, and are whole again', async () => {
  const { head, entries } = await entriesOf(goldenBytes(GOLDEN));
  const longer = entries.map((entry): DocumentEntry => {
    const { name, elements, fields } = entry;
    if (name === 'PIPE_BUF') return { ...entry, bytes: new Uint8Array(3 * 1024 * 1024).fill(7) };
    if (name !== 'SIGPENDING' || !elements) return entry;
    const siginfos = Array.from({ length: 2500 }, (_, i) => ({ ...elements.fields[0], pid: i }));
    return { ...entry, fields: { ...fields, nr_pending: 2500 }, elements: { ...elements, fields: siginfos } };
  });
  const image = await encoded(head, longer);
  const again = await entriesOf(image);
  expect(again.entries.filter(({ behind }) => behind !== undefined).map(({ name }) => name)).toEqual(
    expect.arrayContaining(['PIPE_BUF', 'SIGPENDING', 'BUFFER']),
  );
  expect(Math.max(...again.entries.map(({ length = 0 }) => length))).toBeLessThan(1024 * 1024);
  expect(Buffer.compare(await encoded(again.head, again.entries), image)).toBe(0);
});

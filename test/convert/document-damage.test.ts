import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeRecords } from '../../src/convert/decode.js';
import type { DocumentForm } from '../../src/convert/document.js';
import { encodeRecords } from '../../src/convert/encode.js';
import { readDocument } from '../../src/convert/read-document.js';
import { writeDocument } from '../../src/convert/write-document.js';
import { MemorySink, MemorySource } from '../../src/format/bytes/memory.js';
import { CritError } from '../../src/format/errors.js';
import { goldenBytes } from '../support/golden.js';
import { runs } from '../support/seed.js';

async function documentOf(form: DocumentForm): Promise<Uint8Array> {
  const sink = new MemorySink();
  await writeDocument(await decodeRecords(new MemorySource(goldenBytes('tiny-v11'))), sink, { form });
  return sink.bytes();
}

async function encodeBytes(bytes: Uint8Array): Promise<Uint8Array> {
  const sink = new MemorySink();
  await encodeRecords(await readDocument(new MemorySource(bytes, 'document')), sink, {});
  return sink.bytes();
}

async function errorOf(bytes: Uint8Array): Promise<unknown> {
  return encodeBytes(bytes).then(
    () => undefined,
    (error: unknown) => error,
  );
}

const HEAD = { format: 'crit-records', version: 1, family: 'cr', revision: 'v11', wordBytes: 8 };
const HEAD_TEXT = JSON.stringify(HEAD).slice(0, -1);
/** Where the first record stands behind the head. */
const FIRST_RECORD = `${HEAD_TEXT},"records":[`.length;
const json = (text: string): Uint8Array => new TextEncoder().encode(text);
const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** Lists in each other, one byte each; then a map that never ends. */
const DEEP = new Uint8Array(1 << 20).fill(0x91);
const deepJson = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

test.each<[string, Uint8Array, string, number | undefined, string]>([
  ['nothing', json(''), 'BAD_DOCUMENT', undefined, ''],
  ['garbage', json('hello'), 'BAD_DOCUMENT', 0, ''],
  ['an image', goldenBytes('tiny-v11'), 'BAD_DOCUMENT', 0, ''],
  ['an empty object', json('{}'), 'BAD_DOCUMENT', 2, 'records'],
  ['an object that is no document', json('{"records": []}'), 'BAD_DOCUMENT', undefined, 'format'],
  ['half a head', json('{"format": "crit-'), 'TRUNCATED', 17, ''],
  ['a head that is no JSON', json('{format: [1]}'), 'BAD_DOCUMENT', 0, ''],
  ['records that are not in a list', json(`${HEAD_TEXT},"records":{}}`), 'BAD_DOCUMENT', undefined, 'records'],
  ['a record that is no object', json(`${HEAD_TEXT},"records":[1]}`), 'BAD_DOCUMENT', FIRST_RECORD, 'records[0]'],
  ['a record that is no JSON', json(`${HEAD_TEXT},"records":[{a}]}`), 'BAD_DOCUMENT', FIRST_RECORD, 'records[0]'],
  [
    'a record that is no UTF-8',
    joined(json(`${HEAD_TEXT},"records":[{"`), Uint8Array.of(0xff), json('":1}]}')),
    'BAD_DOCUMENT',
    FIRST_RECORD,
    'records[0]',
  ],
  [
    'a comma too many',
    json(`${HEAD_TEXT},"records":[{"name":"x","hex":"00"},]}`),
    'BAD_DOCUMENT',
    undefined,
    'records[1]',
  ],
  [
    'a comma too few',
    json(`${HEAD_TEXT},"records":[{"name":"x","hex":"00"} {}]}`),
    'BAD_DOCUMENT',
    undefined,
    'records[1]',
  ],
  ['more behind it', json(`${HEAD_TEXT},"records":[{"name":"x","hex":"00"}]} {}`), 'BAD_DOCUMENT', undefined, ''],
  [
    'members behind the records',
    json(`${HEAD_TEXT},"records":[{"name":"x","hex":"00"}],"a":1}`),
    'BAD_DOCUMENT',
    undefined,
    'records',
  ],
  [
    'values that stand too deep',
    json(`${HEAD_TEXT},"records":[{"fields":${deepJson(100)}}]}`),
    'BAD_DOCUMENT',
    undefined,
    'records[0]',
  ],
  ['a msgpack head alone', encode(HEAD), 'TRUNCATED', undefined, 'records[0]'],
  ['a msgpack record that is text', joined(encode(HEAD), encode('x')), 'BAD_DOCUMENT', undefined, 'records[0]'],
  ['msgpack of another kind', joined(encode(HEAD), Uint8Array.of(0xc1)), 'BAD_DOCUMENT', undefined, 'records[0]'],
  ['a msgpack extension', joined(encode(HEAD), Uint8Array.of(0xd4, 1, 1)), 'BAD_DOCUMENT', undefined, 'records[0]'],
  ['msgpack that is deep', joined(encode(HEAD), DEEP), 'BAD_DOCUMENT', undefined, 'records[0]'],
  [
    'a msgpack list longer than anything',
    joined(encode(HEAD), Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff)),
    'TRUNCATED',
    undefined,
    'records[0]',
  ],
  [
    'msgpack bytes longer than anything',
    joined(encode(HEAD), Uint8Array.of(0xc6, 0xff, 0xff, 0xff, 0xff)),
    'TRUNCATED',
    undefined,
    'records[0]',
  ],
  [
    'a wrong count at the end',
    joined(encode(HEAD), encode({ name: 'x', bytes: Uint8Array.of(0) }), encode({ records: 2 })),
    'BAD_DOCUMENT',
    undefined,
    'records',
  ],
])('%s is refused', async (_, bytes, code, offset, path) => {
  const error = await errorOf(bytes);
  expect(error).toMatchObject({ code, path, ...(offset === undefined ? {} : { offset }) });
});

test('what is spaced in another way is the same document', async () => {
  const document = JSON.parse(new TextDecoder().decode(await documentOf('json'))) as unknown;
  for (const space of [0, 1, '\t', '\n \r\n'])
    expect(await encodeBytes(json(`\n ${JSON.stringify(document, undefined, space)} \n`))).toEqual(
      goldenBytes('tiny-v11'),
    );
});

test('quotes, backslashes and brackets in text end nothing', async () => {
  const document = JSON.parse(new TextDecoder().decode(await documentOf('json'))) as {
    records: { name: string; text?: string }[];
  };
  const comm = document.records.find(({ name }) => name === 'STRING');
  if (comm) comm.text = '\\"]}[{\\\\"\n';
  const text = new TextDecoder('latin1').decode(await encodeBytes(json(JSON.stringify(document))));
  expect(text).toContain('\\"]}[{\\\\"\n\0');
});

describe.each(['json', 'msgpack'] as const)('%s', (form) => {
  test('cut anywhere is refused', async () => {
    const whole = await documentOf(form);
    // what follows the last bracket is a line feed
    const needed = form === 'json' ? whole.length - 1 : whole.length;
    for (let length = 0; length < needed; length += 7)
      expect(await errorOf(whole.slice(0, length))).toMatchObject({
        code: length === 0 ? 'BAD_DOCUMENT' : 'TRUNCATED',
      });
    expect(await errorOf(whole.slice(0, needed - 1))).toBeInstanceOf(CritError);
    expect(await errorOf(whole.slice(0, needed))).toBeUndefined();
  });

  test('with bytes changed is encoded or refused by an error of ours', async () => {
    const whole = await documentOf(form);
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const bytes = whole.slice();
        for (const [place, value] of changes) bytes[place] = value;
        const error = await errorOf(bytes);
        if (error !== undefined) expect(error).toBeInstanceOf(CritError);
      }),
      runs(500),
    );
  });
});

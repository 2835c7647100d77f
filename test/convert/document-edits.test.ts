import { describe, expect, test } from 'vitest';
import { decodeRecords } from '../../src/convert/decode.js';
import { encodeRecords } from '../../src/convert/encode.js';
import { readDocument } from '../../src/convert/read-document.js';
import { writeDocument } from '../../src/convert/write-document.js';
import { MemorySink, MemorySource } from '../../src/format/bytes/memory.js';
import type { CritError } from '../../src/format/errors.js';
import type { Image } from '../../src/format/model/image.js';
import { readImage } from '../../src/format/registry.js';
import { goldenBytes } from '../support/golden.js';

const GOLDEN = 'D2-v11-x86_64';

interface Json {
  [key: string]: unknown;
  fields: Record<string, unknown>;
}

interface Document {
  [key: string]: unknown;
  records: Json[];
}

async function decoded(): Promise<Document> {
  const sink = new MemorySink();
  await writeDocument(await decodeRecords(new MemorySource(goldenBytes(GOLDEN))), sink);
  return JSON.parse(new TextDecoder().decode(sink.bytes())) as Document;
}

function encode(text: string, isForced = false): Promise<Uint8Array> {
  const sink = new MemorySink();
  return readDocument(new MemorySource(new TextEncoder().encode(text)))
    .then((document) => encodeRecords(document, sink, { isForced }))
    .then(() => sink.bytes());
}

/** The records of this name, which there are. */
function named(document: Document, name: string): Json[] {
  return document.records.filter((record) => record['name'] === name);
}

function first(document: Document, name: string): Json {
  const [record] = named(document, name);
  if (!record) throw new Error(`no ${name}`);
  return record;
}

async function edited(edit: (document: Document) => void, isForced = false): Promise<Uint8Array> {
  const document = await decoded();
  edit(document);
  return encode(JSON.stringify(document), isForced);
}

async function imageOf(edit: (document: Document) => void): Promise<Image> {
  return readImage(new MemorySource(await edited(edit)));
}

async function errorOf(work: Promise<unknown>): Promise<CritError> {
  return work.then(
    () => Promise.reject(new Error('it was taken')),
    (error: unknown) => error as CritError,
  );
}

describe('what is edited by hand is in the image', () => {
  test('comm, in its field of 16 bytes', async () => {
    const image = await imageOf((document) => (first(document, 'STRING')['text'] = 'edited'));
    expect(image.tasks[0]?.threads[0].comm).toBe('edited');
  });

  test('a name that is longer than it was: the length of its record follows', async () => {
    const name = `/tmp/${'x'.repeat(300)}`;
    const image = await imageOf((document) => (first(document, 'FNAME')['text'] = name));
    expect(image.tasks.flatMap(({ mm }) => mm?.vmas.map((vma) => vma.name))).toContain(name);
  });

  test.each([
    ['by name', 'READ|WRITE', 3n],
    ['as a list', ['READ', 'MAYREAD'], 0x11n],
    ['as hex', '0x13', 0x13n],
    ['as a number', 7, 7n],
  ])('flags of a mapping %s', async (_, flags, expected) => {
    const image = await imageOf((document) => (first(document, 'VMA').fields['vm_flags'] = flags));
    expect(image.tasks[0]?.mm?.vmas[0]?.vm_flags).toBe(expected);
  });

  test('a flag of an open file', async () => {
    const image = await imageOf((document) => (first(document, 'FD_DATA').fields['f_flags'] = '0x801'));
    expect(image.tasks[0]?.files[0]?.file.f_flags).toBe(0x801);
  });

  test('padding that is left out is zero', async () => {
    const bytes = await edited((document) => delete first(document, 'HEAD_ARCH').fields['pad']);
    expect(bytes.length).toBe(goldenBytes(GOLDEN).length);
  });
});

describe('an edit that breaks what must hold is refused with code and place', () => {
  test.each<[string, (document: Document) => unknown, string, RegExp]>([
    [
      'a task that is gone',
      (d) => d.records.splice(d.records.indexOf(first(d, 'TASK')), 1),
      'UNEXPECTED_RECORD',
      /^task/,
    ],
    ['a mapping that ends early', (d) => (first(d, 'VMA').fields['vm_end'] = '0x1000'), 'BAD_FIELD', /vma\[0\]/],
    ['a comm that is too long', (d) => (first(d, 'STRING')['text'] = 'x'.repeat(40)), 'LENGTH_MISMATCH', /comm/],
    ['a page that is elsewhere', (d) => (first(d, 'raw:vaddrs')['runs'] = [['0x10', 1]]), 'ADDRESS_UNALIGNED', /pgarr/],
    ['another type', (d) => (first(d, 'MM')['type'] = 202), 'UNEXPECTED_RECORD', /mm/],
  ])('%s', async (_, edit, code, path) => {
    const error = await errorOf(edited((document) => void edit(document)));
    expect([error.code, error.path]).toEqual([code, expect.stringMatching(path)]);
  });

  test('and written all the same where that is asked for', async () => {
    const breakIt = (document: Document): void => void (first(document, 'VMA').fields['vm_end'] = '0x1000');
    const bytes = await edited(breakIt, true);
    expect(bytes.length).toBe(goldenBytes(GOLDEN).length);
    await expect(readImage(new MemorySource(bytes))).rejects.toMatchObject({ code: 'BAD_FIELD' });
  });
});

describe('a value that cannot be is refused where it stands', () => {
  const at = (name: string, member: string): RegExp => new RegExp(`^records\\[\\d+\\]\\.${name}\\.${member}$`);

  test.each<[string, (document: Document) => unknown, string, RegExp]>([
    [
      'beyond 64 bits',
      (d) => (first(d, 'VMA').fields['vm_start'] = '0x10000000000000000'),
      'BAD_VALUE',
      at('fields', 'vm_start'),
    ],
    ['beyond its field', (d) => (first(d, 'HEAD').fields['major'] = 65536), 'BAD_VALUE', at('fields', 'major')],
    ['beyond what JSON has', (d) => (first(d, 'HEAD').fields['time'] = 2 ** 60), 'BAD_VALUE', at('fields', 'time')],
    ['negative', (d) => (first(d, 'HEAD').fields['rev'] = -1), 'BAD_VALUE', at('fields', 'rev')],
    ['text for a number', (d) => (first(d, 'HEAD').fields['major'] = 'two'), 'BAD_VALUE', at('fields', 'major')],
    [
      'a name of no flag',
      (d) => (first(d, 'VMA').fields['vm_flags'] = 'READ|SING'),
      'BAD_VALUE',
      at('fields', 'vm_flags'),
    ],
    ['null', (d) => (first(d, 'HEAD').fields['major'] = null), 'BAD_VALUE', at('fields', 'major')],
    ['a list', (d) => (first(d, 'HEAD').fields['magic'] = ['0x1']), 'BAD_VALUE', at('fields', 'magic')],
    [
      'text that is too long',
      (d) => (first(d, 'HEAD').fields['release'] = 'x'.repeat(65)),
      'BAD_VALUE',
      at('fields', 'release'),
    ],
    ['half a byte', (d) => (first(d, 'HEAD_ARCH').fields['pad'] = '0'), 'BAD_VALUE', at('fields', 'pad')],
    ['missing', (d) => delete first(d, 'MM').fields['brk'], 'BAD_VALUE', at('fields', 'brk')],
    ['of no field', (d) => (first(d, 'MM').fields['brake'] = 1), 'BAD_VALUE', at('fields', 'brake')],
    [
      'a prototype',
      (d) => Object.defineProperty(first(d, 'MM').fields, '__proto__', { value: 1, enumerable: true }),
      'BAD_VALUE',
      at('fields', '__proto__'),
    ],
    ['a type of 17 bits', (d) => (first(d, 'MM')['type'] = 65536), 'BAD_VALUE', /^records\[\d+\]\.type$/],
    ['no parent', (d) => delete first(d, 'MM')['parent'], 'BAD_VALUE', /^records\[\d+\]\.parent$/],
    [
      'a record of 32 KiB',
      (d) => (first(d, 'FNAME')['text'] = 'x'.repeat(32768)),
      'BAD_VALUE',
      /^records\[\d+\]\.len$/,
    ],
    ['an unknown layout', (d) => (first(d, 'MM')['size'] = 97), 'BAD_DOCUMENT', /^records\[\d+\]\.layout$/],
    ['an unknown member', (d) => (first(d, 'MM')['parents'] = 1), 'BAD_DOCUMENT', /^records\[\d+\]\.parents$/],
    ['text and bytes', (d) => (first(d, 'FNAME')['hex'] = '00'), 'BAD_DOCUMENT', /^records\[\d+\]$/],
    [
      'pages in a record',
      (d) => (first(d, 'MM')['pages'] = { offset: 0, count: 1 }),
      'BAD_DOCUMENT',
      /^records\[\d+\]$/,
    ],
    [
      'pages of a file that was not given',
      (d) => d.records.push({ name: 'x', pages: { offset: 0, count: 1 } } as never),
      'BAD_DOCUMENT',
      /pages$/,
    ],
    ['no base64', (d) => (first(d, 'raw:pages')['base64'] = '!'), 'BAD_DOCUMENT', /^records\[\d+\]\.base64$/],
    [
      'endless pages',
      (d) => (first(d, 'raw:vaddrs')['runs'] = [['0x0', 2 ** 50]]),
      'BAD_VALUE',
      /^records\[\d+\]\.runs\[0\]$/,
    ],
    ['nothing', (d) => d.records.push({ name: 'x' } as never), 'BAD_DOCUMENT', /^records\[\d+\]$/],
    ['no record', (d) => (d.records = []), 'BAD_DOCUMENT', /^records$/],
    ['another version', (d) => (d['version'] = 2), 'UNSUPPORTED', /^version$/],
    ['another format', (d) => (d['format'] = 'criu'), 'BAD_DOCUMENT', /^format$/],
    ['another family', (d) => (d['family'] = 'elf'), 'UNSUPPORTED', /^family$/],
    ['words of 5 bytes', (d) => (d['wordBytes'] = 5), 'BAD_DOCUMENT', /^wordBytes$/],
  ])('%s', async (_, edit, code, path) => {
    const error = await errorOf(edited((document) => void edit(document), true));
    expect([error.code, error.path]).toEqual([code, expect.stringMatching(path)]);
  });
});

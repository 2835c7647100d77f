import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, test } from 'vitest';
import { MemorySource } from '../../../src/format/bytes/memory.js';
import { PipeSource } from '../../../src/format/bytes/pipe.js';
import { readCkpt } from '../../../src/format/ckpt/read/reader.js';
import { REVISIONS } from '../../../src/format/ckpt/tables/revision.js';
import { FormatError } from '../../../src/format/errors.js';
import type { Image } from '../../../src/format/model/image.js';
import type { ReadImageOptions } from '../../../src/format/model/read-options.js';
import { probe, readImage, readRecords } from '../../../src/format/registry.js';
import { goldenBytes, goldenJson, goldenNames } from '../../support/golden.js';
import { scratchDirectory } from '../../support/scratch.js';

interface RecordJson {
  readonly offset: number;
  readonly length: number;
  readonly name: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const TREE = 'H3-tree-x86_64';
const SINGLE = 'J3-single-x86_64';

function recordsOf(name: string): RecordJson[] {
  return goldenJson(name)['records'] as RecordJson[];
}

/** The nth record of a name in a golden image. */
function find(image: string, name: string, n = 0): RecordJson {
  const record = recordsOf(image).filter((one) => one.name === name)[n];
  if (!record) throw new Error(`no ${name} ${String(n)} in ${image}`);
  return record;
}

/** A copy with a 32-bit word put somewhere. */
function patched(image: string, offset: number, word: number): Uint8Array {
  const bytes = goldenBytes(image).slice();
  new DataView(bytes.buffer).setUint32(offset, word, true);
  return bytes;
}

async function lenient(bytes: Uint8Array, options: ReadImageOptions = {}): Promise<[Image, FormatError[]]> {
  const faults: FormatError[] = [];
  const image = await readImage(new MemorySource(bytes), { ...options, onFault: (fault) => void faults.push(fault) });
  return [image, faults];
}

async function refusal(bytes: Uint8Array): Promise<FormatError> {
  const error: unknown = await readImage(new MemorySource(bytes)).catch((thrown: unknown) => thrown);
  if (!(error instanceof FormatError)) throw new Error('it was read');
  return error;
}

function ranges(image: Image): string[][] {
  return image.tasks.map(({ mm }) =>
    (mm?.vmas ?? []).map(({ vm_start, pages }) => `${String(vm_start)}+${String(pages.totalPages)}`),
  );
}

/** name, golden image, where a word is put and which, the code, and where the fault lies from there. */
const FAULTS: readonly (readonly [string, string, number, number, string, number])[] = [
  ['a descriptor of a file that is none', TREE, find(TREE, 'FILE_DESC', 2).offset + 8, 197, 'BAD_REFERENCE', 0],
  ['a descriptor of a file that is not there', TREE, find(TREE, 'FILE_DESC', 2).offset + 8, 9999, 'BAD_REFERENCE', 0],
  ['an object number that is taken', TREE, find(TREE, 'OBJREF', 1).offset + 12, 117, 'BAD_FIELD', 0],
  ['an object number of 0', TREE, find(TREE, 'OBJREF', 5).offset + 12, 0, 'BAD_FIELD', 0],
  ['memory that TASK_OBJS takes from a file', TREE, find(TREE, 'TASK_OBJS').offset + 12, 82, 'BAD_REFERENCE', 0],
  ['a TAIL without its magic', TREE, find(TREE, 'TAIL').offset + 8, 1, 'BAD_MAGIC', 0],
  ['an unaligned mapping', TREE, find(TREE, 'VMA', 1).offset + 32, 0x601001, 'ADDRESS_UNALIGNED', 0],
  ['a mapping that ends before it starts', TREE, find(TREE, 'VMA', 1).offset + 40, 0x1000, 'BAD_FIELD', 0],
  ['unknown flags of the caller', TREE, 64, 0x100, 'BAD_FIELD', 0],
  ['a count of pending signals that are not there', TREE, find(TREE, 'SIGPENDING').offset + 8, 3, 'BAD_FIELD', 0],
];

describe('a value that cannot be', () => {
  test.each(FAULTS)('%s is refused there', async (_, image, offset, word, code, within) => {
    expect(await refusal(patched(image, offset, word))).toMatchObject({ code, offset: offset + within });
  });

  test.each(FAULTS)(
    '%s is one fault to a lenient reader, which goes on',
    async (_, name, offset, word, code, within) => {
      const [image, faults] = await lenient(patched(name, offset, word));
      expect(faults[0]).toMatchObject({ code, offset: offset + within });
      expect(faults.length).toBeLessThanOrEqual(2);
      expect(image.tasks).toHaveLength(3);
    },
  );
});

describe('lost framing', () => {
  test.each(['TASK_NS', 'CRED', 'FILE', 'MM', 'CPU', 'THREAD', 'RESTART_BLOCK', 'FS', 'SIGHAND', 'TASK_OBJS'])(
    'a %s whose type is destroyed costs no other task a page',
    async (name) => {
      const [whole] = await lenient(goldenBytes(TREE));
      const [image, faults] = await lenient(patched(TREE, find(TREE, name).offset, 0xffff_ffff));
      expect(faults[0]).toMatchObject({ code: 'UNEXPECTED_RECORD', offset: find(TREE, name).offset });
      expect(ranges(image).slice(1)).toEqual(ranges(whole).slice(1));
      expect(image.tasks.map(({ pid }) => pid)).toEqual(whole.tasks.map(({ pid }) => pid));
      expect(ranges(image)[0]).toEqual(ranges(whole)[0]);
    },
  );

  test.each([0, 1, 2, 3])('a VMA %i whose header is destroyed is the only one that is lost', async (n) => {
    const [whole] = await lenient(goldenBytes(TREE));
    const bytes = goldenBytes(TREE).slice();
    bytes.fill(0xee, find(TREE, 'VMA', n).offset, find(TREE, 'VMA', n).offset + 16);
    const [image, faults] = await lenient(bytes);
    // of shared memory that is lost, those that show it later are told too
    expect(faults.filter(({ code }) => code !== 'BAD_REFERENCE')).toHaveLength(1);
    const left = ranges(whole)[0]?.filter((_, i) => i !== n);
    expect(ranges(image)).toEqual([
      left,
      ...ranges(whole)
        .slice(1)
        .map((all) => (n === 2 ? all.map((one) => one.replace('140024792481792+3', '140024792481792+0')) : all)),
    ]);
  });

  test('a TASK that is destroyed costs its own start, and no memory', async () => {
    const [whole] = await lenient(goldenBytes(TREE));
    const { offset } = find(TREE, 'TASK', 1);
    const bytes = goldenBytes(TREE).slice();
    bytes.fill(0xee, offset, offset + 30);
    const [image] = await lenient(bytes);
    expect(ranges(image)).toEqual(ranges(whole));
  });

  test.each([
    ['low', 8, 5],
    ['low', 8, 0],
    ['high', 12, 1],
  ])('nr_pages of a chunk whose %s word is wrong costs no page (%i: %i)', async (_, within, value) => {
    const chunk = recordsOf(SINGLE).find(({ fields }) => fields['nr_pages'] === 6);
    const [whole] = await lenient(goldenBytes(SINGLE));
    const [image, faults] = await lenient(patched(SINGLE, (chunk?.offset ?? 0) + within, value));
    expect(faults).toHaveLength(1);
    expect(ranges(image)).toEqual(ranges(whole));
  });

  test.each([100, 0, 0xffff_fff0])('a BUFFER of pages with the length %i costs no page', async (length) => {
    const chunk = recordsOf(SINGLE).find(({ fields }) => fields['role'] === 'pages' && fields['count'] === 6);
    const [whole] = await lenient(goldenBytes(SINGLE));
    const [image, faults] = await lenient(patched(SINGLE, (chunk?.offset ?? 0) + 4, length));
    expect(faults).toHaveLength(1);
    expect(ranges(image)).toEqual(ranges(whole));
  });

  test('an address outside its mapping costs the rest of its chunk', async () => {
    const chunk = recordsOf(SINGLE).find(({ fields }) => fields['role'] === 'pages' && fields['count'] === 6);
    const offset = (chunk?.offset ?? 0) + 8 + 4 * 8;
    const [image, faults] = await lenient(patched(SINGLE, offset, 0x1000));
    expect(faults.map((fault) => [fault.code, fault.offset])).toEqual([['ADDRESS_OUT_OF_VMA', offset]]);
    expect(image.tasks[0]?.mm?.vmas[2]?.pages.totalPages).toBe(4);
    expect(image.tasks[0]?.mm?.vmas.at(-2)?.pages.totalPages).toBe(3);
  });

  test('random bytes behind the head end in time', async () => {
    const head = goldenBytes(TREE).subarray(0, find(TREE, 'TASK').offset);
    const bytes = new Uint8Array(4 << 20);
    // as many headers of mappings and tasks as there can be
    const view = new DataView(bytes.buffer);
    for (let i = 0; i + 16 < bytes.length; i += 16) {
      view.setUint32(i, i % 32 === 0 ? 402 : 102, true);
      view.setUint32(i + 4, i % 32 === 0 ? 72 : 64, true);
    }
    bytes.set(head);
    const started = performance.now();
    await lenient(bytes).catch(() => undefined);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe('an end that the writer chose', () => {
  test.each([1, 2])('an ERROR record in task %i ends the image with the tasks before it', async (n) => {
    const { offset } = find(TREE, 'TASK_OBJS', n);
    const text = '\0out of memory\0';
    const end = Buffer.alloc(16 + text.length);
    end.writeUInt32LE(9999, 0);
    end.writeUInt32LE(8, 4);
    end.writeUInt32LE(5, 8);
    end.writeUInt32LE(8 + text.length, 12);
    end.write(text, 16);
    const bytes = new Uint8Array(Buffer.concat([goldenBytes(TREE).subarray(0, offset), end]));
    const image = await readImage(new MemorySource(bytes));
    expect(image.tasks).toHaveLength(n);
    expect(image.notes).toContainEqual(
      expect.objectContaining({ code: 'ENDED_BY_WRITER', at: { offset, path: 'error' } }),
    );
    expect(image.format.decidedBy.join()).toContain('out of memory');
    const [tolerant, faults] = await lenient(bytes);
    expect([tolerant.tasks.length, faults]).toEqual([n + 1, []]);
  });
});

describe('what is not read is named', () => {
  const arm = (): Uint8Array => {
    const bytes = goldenBytes(TREE).slice();
    new DataView(bytes.buffer).setUint16(16, 3, true);
    return bytes;
  };

  test('another architecture, though its records are listed', async () => {
    expect(await refusal(arm())).toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('S390X') as string,
    });
    const names = [];
    let end = 0;
    for await (const { offset, length, name } of readRecords(new MemorySource(arm()))) {
      expect(offset).toBe(end);
      end = offset + length;
      names.push(name);
    }
    expect(end).toBe(arm().length);
    expect(names).toEqual(recordsOf(TREE).map(({ name }) => name));
  });

  test('a big-endian stream, whose records are listed too', async () => {
    const [head, tail] = [Buffer.alloc(72), Buffer.alloc(16)];
    head.writeUInt32BE(1, 0);
    head.writeUInt32BE(72, 4);
    head.writeBigUInt64BE(0x00fe_ed0c_c0a2_d200n, 8);
    head.writeUInt16BE(3, 16);
    head.writeUInt16BE(6, 24);
    tail.writeUInt32BE(9001, 0);
    tail.writeUInt32BE(16, 4);
    const bytes = new Uint8Array(Buffer.concat([head, tail]));
    expect(await probe(new MemorySource(bytes))).toMatchObject({ family: 'ckpt', certainty: 'sure' });
    expect(await refusal(bytes)).toMatchObject({ message: expect.stringContaining('S390X') as string });
    const listed = [];
    for await (const { name, length } of readRecords(new MemorySource(bytes))) listed.push([name, length]);
    expect(listed).toEqual([
      ['HEADER', 72],
      ['TAIL', 16],
    ]);
  });

  test.each([
    [64, 'December 2010'],
    [56, 'v14'],
  ])('a HEADER of %i bytes', async (length, name) => {
    expect(await refusal(patched(TREE, 4, length))).toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining(name) as string,
    });
  });
});

describe('options', () => {
  test.each(['hugetlb', 'device'] as const)('a mapping of type 9 is what vmaType9 says: %s', async (vmaType9) => {
    const { offset } = find(SINGLE, 'VMA', recordsOf(SINGLE).filter(({ name }) => name === 'VMA').length - 1);
    const image = await readImage(new MemorySource(patched(SINGLE, offset + 8, 9)), { vmaType9 });
    expect(image.tasks[0]?.mm?.vmas.at(-1)?.kind).toBe(vmaType9);
    expect(image.notes.map(({ message }) => message).join()).toMatch(/HUGETLB or DEVICE/);
  });

  test('revisions limits what a stream is read as', async () => {
    const revisions = REVISIONS.filter(({ name }) => name === 'v16');
    await expect(readCkpt(new MemorySource(goldenBytes(TREE)), { revisions })).rejects.toThrow(FormatError);
  });
});

test.each(goldenNames('ckpt'))('%s from a pipe is what it is from a file', async (name) => {
  const file = path.join(scratchDirectory(), 'image');
  fs.writeFileSync(file, goldenBytes(name));
  const piped = await readImage(new PipeSource(fs.openSync(file, 'r'), 'pipe'));
  const plain = await readImage(new MemorySource(goldenBytes(name)));
  const said = ({ format, header, tasks, notes }: Image): unknown => ({ format, header, tasks, notes });
  expect(said(piped)).toEqual(said(plain));
});

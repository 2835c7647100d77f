import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemorySource } from '../../../src/format/bytes/memory.js';
import { readCr } from '../../../src/format/cr/read/reader.js';
import { walkRecords } from '../../../src/format/cr/read/walker.js';
import { CritError, FormatError } from '../../../src/format/errors.js';
import type { Image } from '../../../src/format/model/image.js';
import { PAGE_BYTES } from '../../../src/format/model/page.js';
import { anyImage } from '../../support/arbitrary-image.js';
import { comparable, writeAs } from '../../support/comparable-image.js';
import { goldenBytes, goldenNames } from '../../support/golden.js';
import { runs } from '../../support/seed.js';

interface Lenient {
  readonly image: Image;
  readonly faults: FormatError[];
}

async function readLeniently(bytes: Uint8Array): Promise<Lenient> {
  const faults: FormatError[] = [];
  const image = await readCr(new MemorySource(bytes), { budgetBytes: 1 << 24, onFault: (fault) => faults.push(fault) });
  return { image, faults };
}

type Pages = Map<string, Buffer>;

/** The contents of every page of an image, by task and page number. */
async function pagesOf(image: Image): Promise<Pages> {
  const pages: Pages = new Map();
  for (const { pid, mm } of image.tasks) {
    for (const { pages: held } of mm?.vmas ?? []) {
      for (let run = 0; run < held.count; run++) {
        for (let i = 0; i < (held.nrPages[run] ?? 0); i++) {
          const page = Buffer.alloc(PAGE_BYTES);
          expect(await image.contents.read((held.offset[run] ?? 0) + i * PAGE_BYTES, page)).toBe(PAGE_BYTES);
          pages.set(`${String(pid)} ${String((held.vpn[run] ?? 0) + i)}`, page);
        }
      }
    }
  }
  return pages;
}

/** The pages that are not those of the true image. */
function untrue(pages: Pages, truth: Pages): string[] {
  return [...pages].filter(([place, page]) => truth.get(place)?.equals(page) !== true).map(([place]) => place);
}

const GOOD = goldenBytes('D2-v11-x86_64');
const PLACES = new Map<string, number>();
for await (const { name, path, offset } of walkRecords(new MemorySource(GOOD))) PLACES.set(`${name} ${path}`, offset);

/** Where a record of the good image starts. */
function placeOf(record: string): number {
  const offset = PLACES.get(record);
  if (offset === undefined) throw new Error(`no ${record}`);
  return offset;
}

type Change = (bytes: Uint8Array) => Uint8Array;

/** Puts bytes `within` a record; 0 is the low byte of its type, 8 the first of its payload. */
const poke =
  (record: string, within: number, ...values: number[]): Change =>
  (bytes) => {
    const copy = bytes.slice();
    copy.set(values, placeOf(record) + within);
    return copy;
  };

const insert =
  (record: string, within: number, count: number): Change =>
  (bytes) => {
    const at = placeOf(record) + within;
    return new Uint8Array(Buffer.concat([bytes.subarray(0, at), Buffer.alloc(count, 0x5a), bytes.subarray(at)]));
  };

const cut =
  (record: string, within: number, count: number): Change =>
  (bytes) => {
    const at = placeOf(record) + within;
    return new Uint8Array(Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + count)]));
  };

const MM = 'task[0].mm';
const WHOLE = { vmas: [0, 2, 6, 1, 0, 1, 3], files: 5, hasRegisters: true, comm: true };
const BAD_TYPE = 0x77;
const LOST = ['UNEXPECTED_RECORD', 'UNEXPECTED_RECORD'];
const WITHOUT_2 = { ...WHOLE, vmas: [0, 2, 1, 0, 1, 3] };
const EMPTY_2 = { ...WHOLE, vmas: [0, 2, 0, 1, 0, 1, 3] };

const DAMAGE: [name: string, change: Change, codes: string[], left: typeof WHOLE][] = [
  ['HEAD magic', poke('HEAD head', 8, 1), ['BAD_MAGIC'], WHOLE],
  ['HEAD flags', poke('HEAD head', 32, 3), ['BAD_FIELD'], WHOLE],
  ['HEAD rev', poke('HEAD head', 22, 9), ['BAD_FIELD'], WHOLE],
  ['HEAD_ARCH type', poke('HEAD_ARCH head_arch', 0, BAD_TYPE), [...LOST, ...LOST], WHOLE],
  ['TREE type', poke('TREE tree', 0, BAD_TYPE), LOST, WHOLE],
  ['tasks_nr 0', poke('TREE tree', 8, 0), ['BAD_FIELD', 'UNEXPECTED_RECORD'], WHOLE],
  ['tasks_nr 2', poke('TREE tree', 8, 2), ['UNEXPECTED_RECORD'], WHOLE],
  ['TASK type', poke('TASK task[0]', 0, BAD_TYPE), LOST, { ...WHOLE, comm: false }],
  ['task_comm_len', poke('TASK task[0]', 24, 99), ['BAD_FIELD'], WHOLE],
  ['STRING type', poke('STRING task[0].comm', 0, BAD_TYPE), LOST, { ...WHOLE, comm: false }],
  ['MM type', poke(`MM ${MM}`, 0, BAD_TYPE), LOST, WHOLE],
  ['MM parent', poke(`MM ${MM}`, 4, 9), ['PARENT_MISMATCH', 'PARENT_MISMATCH', 'PARENT_MISMATCH'], WHOLE],
  ['map_count too small', poke(`MM ${MM}`, 12, 5), ['UNEXPECTED_RECORD'], WHOLE],
  ['map_count too large', poke(`MM ${MM}`, 12, 0, 9), ['UNEXPECTED_RECORD'], WHOLE],
  ['VMA type', poke(`VMA ${MM}.vma[2]`, 0, BAD_TYPE), LOST, WITHOUT_2],
  ['VMA length', poke(`VMA ${MM}.vma[2]`, 2, 47), ['LENGTH_MISMATCH', 'UNEXPECTED_RECORD'], WITHOUT_2],
  ['VMA parent', poke(`VMA ${MM}.vma[2]`, 4, 1), ['PARENT_MISMATCH'], WHOLE],
  ['vma_type', poke(`VMA ${MM}.vma[2]`, 8, 9), ['BAD_FIELD'], WITHOUT_2],
  ['vm_start unaligned', poke(`VMA ${MM}.vma[2]`, 16, 1), ['ADDRESS_UNALIGNED'], WITHOUT_2],
  ['vm_start too low', poke(`VMA ${MM}.vma[2]`, 16, 0, 0, 0), ['VMA_ORDER'], WITHOUT_2],
  ['vm_end unaligned', poke(`VMA ${MM}.vma[2]`, 24, 1), ['ADDRESS_UNALIGNED'], WITHOUT_2],
  ['vm_end too low', poke(`VMA ${MM}.vma[2]`, 24, 0, 0, 0), ['BAD_FIELD'], WITHOUT_2],
  ['FNAME without NUL', poke(`FNAME ${MM}.vma[1].fname`, 30, 65), ['STRING_UNTERMINATED'], WHOLE],
  ['FNAME type', poke(`FNAME ${MM}.vma[1].fname`, 0, BAD_TYPE), LOST, { ...WHOLE, vmas: [0, 6, 1, 0, 1, 3] }],
  ['PGARR type', poke(`PGARR ${MM}.vma[2].pgarr[0]`, 0, BAD_TYPE), LOST, EMPTY_2],
  ['PGARR parent', poke(`PGARR ${MM}.vma[2].pgarr[0]`, 4, 1), ['PARENT_MISMATCH'], WHOLE],
  ['a page too few', poke(`PGARR ${MM}.vma[2].pgarr[0]`, 8, 5), LOST, EMPTY_2],
  ['a page too many', poke(`PGARR ${MM}.vma[2].pgarr[0]`, 8, 7), LOST, EMPTY_2],
  [
    'pages without end',
    poke(`PGARR ${MM}.vma[2].pgarr[0]`, 15, 0x80),
    ['LENGTH_OVERRUN', 'UNEXPECTED_RECORD'],
    EMPTY_2,
  ],
  ['last PGARR type', poke(`PGARR ${MM}.vma[2].pgarr[1]`, 0, BAD_TYPE), LOST, WHOLE],
  [
    'an address unaligned',
    poke(`raw:vaddrs ${MM}.vma[2].pgarr[0]`, 16, 1),
    ['ADDRESS_UNALIGNED'],
    { ...WHOLE, vmas: [0, 2, 2, 1, 0, 1, 3] },
  ],
  [
    'an address outside',
    poke(`raw:vaddrs ${MM}.vma[2].pgarr[0]`, 12, 0x70),
    ['ADDRESS_OUT_OF_VMA'],
    { ...WHOLE, vmas: [0, 2, 1, 1, 0, 1, 3] },
  ],
  ['bytes before a mapping', insert(`VMA ${MM}.vma[3]`, 0, 100), LOST, WHOLE],
  ['bytes inside of contents', insert(`raw:pages ${MM}.vma[2].pgarr[0]`, 5000, 100), LOST, EMPTY_2],
  ['contents cut out', cut(`raw:pages ${MM}.vma[2].pgarr[0]`, 5000, 1000), LOST, EMPTY_2],
  ['MM_CONTEXT type', poke(`MM_CONTEXT ${MM}.context`, 0, BAD_TYPE), LOST, WHOLE],
  ['ldt_entry_size', poke(`MM_CONTEXT ${MM}.context`, 8, 4), ['BAD_FIELD'], WHOLE],
  ['nldt', poke(`MM_CONTEXT ${MM}.context`, 11, 0x7f), ['BAD_FIELD', 'UNEXPECTED_RECORD'], WHOLE],
  ['FILES type', poke('FILES task[0].files', 0, BAD_TYPE), LOST, { ...WHOLE, files: 0 }],
  ['nfds too large', poke('FILES task[0].files', 12, 99), ['UNEXPECTED_RECORD'], WHOLE],
  ['nfds too small', poke('FILES task[0].files', 12, 2), LOST, { ...WHOLE, files: 2 }],
  ['objref 0', poke('FD_ENT task[0].files.fd[2]', 8, 0), ['BAD_FIELD', 'PARENT_MISMATCH'], { ...WHOLE, files: 4 }],
  ['objref unknown', poke('FD_ENT task[0].files.fd[1]', 8, 99), ['BAD_FIELD'], { ...WHOLE, files: 4 }],
  [
    'FD_DATA type',
    poke('FD_DATA task[0].files.fd[3].data', 0, BAD_TYPE),
    ['BAD_FIELD', ...LOST],
    { ...WHOLE, files: 3 },
  ],
  ['THREAD entries', poke('THREAD task[0].thread', 8, 4), ['BAD_FIELD'], WHOLE],
  ['ntls', poke('THREAD task[0].thread', 12, 9), ['BAD_FIELD'], WHOLE],
  ['CPU type', poke('CPU task[0].cpu', 0, BAD_TYPE), LOST, { ...WHOLE, hasRegisters: false }],
  ['TAIL magic', poke('TAIL tail', 8, 1), ['BAD_MAGIC'], WHOLE],
  ['TAIL type', poke('TAIL tail', 0, BAD_TYPE), ['UNEXPECTED_RECORD', 'UNEXPECTED_RECORD'], WHOLE],
];

describe('a stream with one thing wrong', () => {
  test.each(DAMAGE)('%s: is told, and the rest is read', async (_, change, codes, left) => {
    const bytes = change(GOOD);
    const { image, faults } = await readLeniently(bytes);
    const [task] = image.tasks;
    const [thread] = task?.threads ?? [];
    const vmas = task?.mm?.vmas.map(({ pages }) => pages.totalPages);
    const whole = (await readCr(new MemorySource(GOOD))).tasks[0];
    const hasRegisters = thread?.registers.ip !== undefined;
    const comm = thread?.comm === whole?.threads[0].comm;
    const files = task?.files.length;
    expect({ codes: faults.map(({ code }) => code), left: { vmas, files, hasRegisters, comm } }).toEqual({
      codes,
      left,
    });
    expect([image.tasks.length, task?.pid]).toEqual([1, whole?.pid]);
    const truth = await pagesOf(await readCr(new MemorySource(GOOD)));
    expect(untrue(await pagesOf(image), truth)).toEqual([]);
    await expect(readCr(new MemorySource(bytes))).rejects.toBeInstanceOf(FormatError);
  });

  test('a gap is told by where it starts and ends', async () => {
    const { faults } = await readLeniently(insert(`VMA ${MM}.vma[3]`, 0, 100)(GOOD));
    const from = placeOf(`VMA ${MM}.vma[3]`);
    expect(faults[1]?.offset).toBe(from);
    expect(faults[1]?.message).toContain(`0x${from.toString(16)} to 0x${(from + 100).toString(16)}`);
  });
});

test('no fault is told of a stream that has none, and the image is the same', async () => {
  for (const name of goldenNames()) {
    const { image, faults } = await readLeniently(goldenBytes(name));
    expect(faults).toEqual([]);
    expect(await comparable(image)).toEqual(await comparable(await readCr(new MemorySource(goldenBytes(name)))));
  }
});

test.each(goldenNames())('%s cut off at every 37th byte: no page is there that was not', async (name) => {
  const good = goldenBytes(name);
  const truth = await pagesOf(await readCr(new MemorySource(good)));
  let before = 0;
  for (let length = 37; length < good.length; length += 37) {
    const bytes = good.slice(0, length);
    await expect(readCr(new MemorySource(bytes))).rejects.toBeInstanceOf(FormatError);
    const read = await readLeniently(bytes).catch((error: unknown) => error);
    if (read instanceof CritError) {
      expect(before).toBe(0);
      continue;
    }
    const { image, faults } = read as Lenient;
    expect(faults.length).toBeGreaterThan(0);
    const pages = await pagesOf(image);
    expect(untrue(pages, truth)).toEqual([]);
    // what a shorter part has proved the longer proves too
    expect(pages.size).toBeGreaterThanOrEqual(before);
    before = pages.size;
  }
  expect(before).toBe(truth.size);
});

/** One change of some bytes anywhere: overwritten, cut out or put in. */
const mutation = fc
  .tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 24 }), fc.constantFrom('over', 'out', 'in'))
  .map(([place, values, how]): Change => (bytes) => {
    const at = place % bytes.length;
    const behind = bytes.subarray(how === 'in' ? at : at + values.length);
    return new Uint8Array(Buffer.concat([bytes.subarray(0, at), how === 'out' ? Buffer.alloc(0) : values, behind]));
  });

test('arbitrary images with mutations are read, or refused with an error of ours', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyImage(4),
      fc.constantFrom('v8', 'v9', 'v11'),
      fc.array(mutation, { minLength: 1, maxLength: 6 }),
      async (image, revision, changes) => {
        const bytes = changes.reduce((changed, change) => change(changed), await writeAs(image, revision));
        const read = await readLeniently(bytes).catch((error: unknown) => error);
        if (read instanceof CritError) return;
        const { image: left, faults } = read as Lenient;
        expect(left.tasks.length).toBeGreaterThan(0);
        expect(faults.length).toBeLessThanOrEqual(10_000);
        await pagesOf(left);
      },
    ),
    runs(150),
  );
});

test('at most 10000 faults are told, and the last says so', async () => {
  const one = GOOD.slice(placeOf(`VMA ${MM}.vma[4]`), placeOf(`VMA ${MM}.vma[5]`));
  const many = Buffer.concat(Array.from({ length: 12_000 }, () => one));
  const at = placeOf(`VMA ${MM}.vma[4]`);
  const bytes = new Uint8Array(Buffer.concat([GOOD.subarray(0, at), many, GOOD.subarray(at)]));
  const { faults } = await readLeniently(poke(`MM ${MM}`, 12, 0, 0xff)(bytes));
  expect(faults.length).toBe(10_000);
  expect(faults.at(-1)?.message).toContain('further ones are not told');
});

test('a stream without HEAD, and one without any task, are refused', async () => {
  await expect(readLeniently(GOOD.slice(1))).rejects.toBeInstanceOf(FormatError);
  await expect(readLeniently(GOOD.slice(0, placeOf('TREE tree')))).rejects.toMatchObject({ code: 'TRUNCATED' });
});

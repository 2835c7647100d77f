import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { convertImage } from '../../src/convert/convert.js';
import { decodeRecords } from '../../src/convert/decode.js';
import { encodeRecords } from '../../src/convert/encode.js';
import { readDocument } from '../../src/convert/read-document.js';
import { writeDocument } from '../../src/convert/write-document.js';
import { MemorySink, MemorySource } from '../../src/format/bytes/memory.js';
import { V23 } from '../../src/format/ckpt/tables/revisions-2010.js';
import { CritError, FormatError } from '../../src/format/errors.js';
import { readIndex } from '../../src/format/image-index/read-index.js';
import { EXTENSIONS } from '../../src/format/linux-cr/extension.js';
import type { Image, Vma } from '../../src/format/model/image.js';
import { oneRange, type PageRanges } from '../../src/format/model/page-ranges.js';
import { PageRunsBuilder } from '../../src/format/model/page-runs.js';
import { vaddrOf, vpnOf } from '../../src/format/model/page.js';
import { readImage, readRecords, writerOf } from '../../src/format/registry.js';
import { verifyImage } from '../../src/inspect/verify.js';
import { openChain } from '../../src/open/chain.js';
import { anyCkptImage } from '../support/arbitrary-ckpt-image.js';
import { anyImage } from '../support/arbitrary-image.js';
import { mmOf, writeAs } from '../support/comparable-image.js';
import { memoryFile, writeChain, type Files } from '../support/memory-chain.js';
import { splitImage } from '../support/split-image.js';

const FAMILIES = ['v11', 'v23'] as const;
type Revision = (typeof FAMILIES)[number];

const BUDGET_BYTES = 8 << 20;

/** Facts of a capture as one takes them, so that there is a CAPTURE record. */
const CAPTURE = {
  stoppedNs: 12_345_678,
  tracking: { backend: 'digest', reason: null },
  preCopy: { rounds: [{ pages: 9 }] },
};

function sample(revision: Revision): Image {
  const [v11] = fc.sample(anyImage(4), { numRuns: 1, seed: 17 });
  const images = fc.sample(anyCkptImage(V23), { numRuns: 60, seed: 5 });
  const hasObject = (image: Image): boolean =>
    image.tasks.some(({ mm }) => mm?.vmas.some(({ shared }) => (shared?.pages.totalPages ?? 0) > 2));
  const image = revision === 'v11' ? v11 : images.find(hasObject);
  if (!image) throw new Error('the generator gave no image');
  return image;
}

/** The same with mappings whose pages without contents were not captured. */
function withUnknownPages(image: Image): Image {
  const tasks = image.tasks.map((task) => {
    const vmas = task.mm?.vmas.map((vma): Vma => {
      const [start, end] = [vpnOf(vma.vm_start), vpnOf(vma.vm_end)];
      return vma.shared ? vma : { ...vma, uncaptured: { ranges: oneRange(start, end - start), reason: 'excluded' } };
    });
    return { ...task, mm: task.mm && vmas && { ...task.mm, vmas } };
  });
  return { ...image, tasks };
}

/** A parent and its child, in memory. */
async function chainOf(revision: Revision): Promise<{ readonly files: Files; readonly child: Uint8Array }> {
  const given = sample(revision);
  const image = revision === 'v11' ? given : writerOf(revision).held(given).image;
  const files: Files = new Map();
  const layers = splitImage(image, 2, 5).map((layer) => ({ ...withUnknownPages(layer), capture: CAPTURE }));
  const last = await writeChain(layers, revision, files);
  return { files, child: files.get(last) ?? new Uint8Array(0) };
}

interface Place {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
}

/** Where the records of ours lie, up to the first that cannot be read. */
async function ownRecords(bytes: Uint8Array): Promise<Place[]> {
  const places: Place[] = [];
  try {
    for await (const { name, type, offset, length } of readRecords(new MemorySource(bytes)))
      if (type !== null && Object.values<number>(EXTENSIONS).includes(type))
        places.push({ name: name, offset, length });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
  return places;
}

/** Whatever is wrong is told with a place; nothing else is thrown. */
function expectTold(error: unknown, size: number): void {
  if (!(error instanceof CritError)) throw error;
  if (error.code === 'OVER_BUDGET' || error.code.startsWith('PARENT_')) return;
  expect(error).toBeInstanceOf(FormatError);
  expect(error.offset).toBeGreaterThanOrEqual(0);
  expect(error.offset).toBeLessThanOrEqual(size);
  expect(typeof error.path).toBe('string');
}

async function openOrRefuse(files: Files, bytes: Uint8Array): Promise<void> {
  try {
    const image = await openChain(memoryFile(new Map([...files, ['1.img', bytes]]), '1.img'), {
      budgetBytes: BUDGET_BYTES,
    });
    await image.close();
  } catch (error) {
    expectTold(error, bytes.length);
  }
}

async function findingsIn(bytes: Uint8Array): Promise<number> {
  const source = new MemorySource(bytes);
  const { findings } = await verifyImage(
    '1.img',
    (options) => readImage(new MemorySource(bytes), { ...options, budgetBytes: BUDGET_BYTES }),
    { index: () => readIndex(source) },
  );
  return findings.length;
}

const CHANGES: readonly (readonly [string, (byte: number) => number])[] = [
  ['its lowest bit turned', (byte) => byte ^ 1],
  ['0xff', () => 0xff],
];

describe.each(FAMILIES)('%s', (revision) => {
  test('has all records of ours', async () => {
    const { child } = await chainOf(revision);
    const names = new Set((await ownRecords(child)).map(({ name }) => name));
    const expected = [
      'PARENT',
      'PARENT_PAGES',
      'CAPTURE',
      'UNCAPTURED',
      ...(revision === 'v23' ? ['PARENT_OBJECT'] : []),
    ];
    expect([...names].sort()).toEqual(expected.sort());
  });

  test.each(CHANGES)('any byte of a record of ours, changed to %s, is told or noticed by verify', async (_, change) => {
    const { files, child } = await chainOf(revision);
    let changes = 0;
    for (const { offset, length } of await ownRecords(child)) {
      for (let at = offset; at < offset + length; at++) {
        const byte = child[at] ?? 0;
        if (change(byte) === byte) continue;
        const bytes = child.slice();
        bytes[at] = change(byte);
        await openOrRefuse(files, bytes);
        expect(await findingsIn(bytes)).toBeGreaterThan(0);
        changes++;
      }
    }
    expect(changes).toBeGreaterThan(100);
  });

  test.each(['inline', 'apart'] as const)(
    'a document with all of them, page contents %s, is the same bytes again',
    async (where) => {
      const { child } = await chainOf(revision);
      for (const form of ['json', 'msgpack'] as const) {
        const [document, side, again] = [new MemorySink(), new MemorySink(), new MemorySink()];
        const records = await decodeRecords(new MemorySource(child), { pages: where === 'inline' ? 'inline' : side });
        await writeDocument(records, document, { form });
        const pages = where === 'inline' ? undefined : new MemorySource(side.bytes());
        await encodeRecords(await readDocument(new MemorySource(document.bytes())), again, { pages });
        expect(Buffer.compare(again.bytes(), child)).toBe(0);
      }
    },
  );

  test('--strict is refused for a parent', async () => {
    const { child } = await chainOf(revision);
    const image = await readImage(new MemorySource(child));
    const sink = new MemorySink();
    const refused = { code: 'CANNOT_HOLD', message: expect.stringContaining('parent images') as string };
    await expect(convertImage(image, sink, { to: revision, isStrict: true })).rejects.toMatchObject(refused);
  });

  test('an end within any record of ours is told', async () => {
    const { files, child } = await chainOf(revision);
    for (const { offset, length } of await ownRecords(child)) {
      for (let end = offset; end < offset + length; end++) {
        const bytes = child.slice(0, end);
        await openOrRefuse(files, bytes);
        await expect(readImage(new MemorySource(bytes))).rejects.toMatchObject({ code: 'TRUNCATED' });
      }
    }
  });
});

/** One mapping of 100 pages, the 10th and 11th held, others left as `ranges` say. */
async function withRanges(revision: Revision, ranges: readonly (readonly [first: number, count: number])[]) {
  const [image] = fc.sample(anyImage(1), { numRuns: 1, seed: 1 });
  const [task] = image?.tasks ?? [];
  const [vma] = mmOf(task).vmas;
  if (!image || !task || !vma) throw new Error('the generator gave no mapping');
  const start = vpnOf(vma.vm_start);
  const pages = new PageRunsBuilder();
  pages.add(start + 10, 2, 0);
  const parentPages: PageRanges = {
    count: ranges.length,
    totalPages: 0,
    vpn: Float64Array.from(ranges, ([first]) => start + first),
    nrPages: Uint32Array.from(ranges, ([, count]) => count),
  };
  const left = {
    ...vma,
    kind: 'anon' as const,
    name: undefined,
    vm_flags: 3n,
    vm_end: vaddrOf(start + 100),
    pages: pages.take(),
    parentPages,
  };
  const child: Image = {
    ...image,
    format: { ...image.format, wordBytes: 8 },
    parent: { path: '0.img', id: new Uint8Array(32) },
    tasks: [{ ...task, mm: { ...mmOf(task), vmas: [left] } }],
  };
  return writeAs(child, revision);
}

const WRONG_RANGES = [
  ['in front of the mapping', [[-1, 1]], 'ADDRESS_OUT_OF_VMA'],
  ['behind the mapping', [[100, 1]], 'ADDRESS_OUT_OF_VMA'],
  ['beyond its end', [[99, 2]], 'ADDRESS_OUT_OF_VMA'],
  ['of as many pages as there may be', [[0, 0xffff_ffff]], 'ADDRESS_OUT_OF_VMA'],
  ['of no pages', [[5, 0]], 'BAD_FIELD'],
  [
    'that descend',
    [
      [20, 1],
      [15, 1],
    ],
    'ADDRESS_ORDER',
  ],
  [
    'that overlap',
    [
      [20, 5],
      [24, 1],
    ],
    'ADDRESS_ORDER',
  ],
  ['over pages that are here', [[8, 4]], 'BAD_FIELD'],
  ['over one page that is here', [[11, 1]], 'BAD_FIELD'],
] as const;

describe.each(FAMILIES)('%s', (revision) => {
  test.each(WRONG_RANGES)('ranges %s are refused with their place', async (_, ranges, code) => {
    const bytes = await withRanges(revision, ranges);
    const error: unknown = await readImage(new MemorySource(bytes)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code });
    if (!(error instanceof FormatError)) throw error;
    const [record] = (await ownRecords(bytes)).filter(({ name }) => name === 'PARENT_PAGES');
    expect(error.offset).toBeGreaterThanOrEqual(record?.offset ?? Infinity);
    expect(error.offset).toBeLessThan((record?.offset ?? 0) + (record?.length ?? 0));
    expect(error.path).toMatch(/^task\[0\]\.mm\.vma\[0\]/);
    const told: string[] = [];
    const image = await readImage(new MemorySource(bytes), { onFault: (fault) => told.push(fault.code) });
    expect(told).toEqual([code]);
    const [vma] = mmOf(image.tasks[0]).vmas;
    // what is here is read, whatever is said of the parent
    expect(vma?.pages.totalPages).toBe(2);
  });

  test('ranges that touch are one', async () => {
    const image = await readImage(
      new MemorySource(
        await withRanges(revision, [
          [20, 2],
          [22, 3],
        ]),
      ),
    );
    expect(mmOf(image.tasks[0]).vmas[0]?.parentPages).toMatchObject({ count: 1, totalPages: 5 });
  });
});

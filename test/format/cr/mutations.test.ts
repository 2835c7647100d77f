import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemorySink, MemorySource } from '../../../src/format/bytes/memory.js';
import { REVISIONS, fpuLengths, type CrRevision } from '../../../src/format/cr/tables/revision.js';
import { CritError } from '../../../src/format/errors.js';
import { readImage, readRecords, writerOf } from '../../../src/format/registry.js';
import { anyImage } from '../../support/arbitrary-image.js';
import { goldenBytes, goldenNames } from '../../support/golden.js';
import { oneAnonVma, type OneVma } from '../../support/stream.js';
import { runs } from '../../support/seed.js';

/** One change of some bytes: overwritten, cut out, put in, or the rest dropped. */
type Mutation = (bytes: Uint8Array) => Uint8Array;

const INTERESTING = [0, 1, 0x7f, 0x80, 0xff];

const overwrite = fc
  .tuple(fc.nat(), fc.array(fc.oneof(fc.constantFrom(...INTERESTING), fc.nat(255)), { minLength: 1, maxLength: 8 }))
  .map(([place, values]): Mutation => (bytes) => {
    const copy = bytes.slice();
    values.forEach((value, i) => (copy[(place + i) % Math.max(copy.length, 1)] = value));
    return copy;
  });

const cutOut = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 64 })).map(([place, length]): Mutation => (bytes) => {
  const at = place % Math.max(bytes.length, 1);
  return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + length)]);
});

const truncate = fc.nat().map(
  (place): Mutation =>
    (bytes) =>
      bytes.slice(0, place % Math.max(bytes.length, 1)),
);

const mutations = fc.array(fc.oneof({ weight: 4, arbitrary: overwrite }, cutOut, truncate), {
  minLength: 1,
  maxLength: 3,
});

/** Whatever the bytes: either an image, or an error of ours whose offset lies inside or right behind them. */
async function readOrRefuse(bytes: Uint8Array): Promise<void> {
  try {
    const image = await readImage(new MemorySource(bytes), { budgetBytes: 1 << 20 });
    expect(image.tasks.length).toBeGreaterThan(0);
  } catch (error) {
    if (!(error instanceof CritError)) throw error;
    if (error.code === 'OVER_BUDGET') return;
    expect(error.offset).toBeGreaterThanOrEqual(0);
    expect(error.offset).toBeLessThanOrEqual(bytes.length);
  }
}

test.each(goldenNames())('%s with mutations is read or refused with a place', async (name) => {
  const good = goldenBytes(name);
  // most of a golden image is page contents, which no reader looks at: aim at the structure
  await fc.assert(
    fc.asyncProperty(mutations, (changes) => readOrRefuse(changes.reduce((bytes, change) => change(bytes), good))),
    runs(400),
  );
});

test('arbitrary images with mutations are read or refused with a place', async () => {
  await fc.assert(
    fc.asyncProperty(anyImage(4), mutations, async (image, changes) => {
      const sink = new MemorySink();
      await writerOf('v11').write(image, sink);
      await readOrRefuse(changes.reduce((bytes, change) => change(bytes), sink.bytes()));
    }),
    runs(150),
  );
});

test.each(REVISIONS.map((revision) => [revision.name, revision] as const))(
  '%s with mutations is read or refused with a place',
  async (_, revision) => {
    const options = { wordBytes: 8, pages: 6, chunks: [{ header: 2, count: 2 }], revision } as const;
    const plain = oneAnonVma({
      ...options,
      cpu: { used_math: 1, fpu: new Uint8Array(512) },
      ...noStateBehind(revision),
    });
    await fc.assert(
      fc.asyncProperty(mutations, (changes) => readOrRefuse(changes.reduce((bytes, change) => change(bytes), plain))),
      runs(100),
    );
  },
);

/** Where the FPU state stands behind the CPU record the test has none. */
function noStateBehind(revision: CrRevision): Partial<OneVma> {
  return fpuLengths(revision) ? {} : { cpu: {} };
}

test('every prefix of an image is refused where it ends', async () => {
  const good = goldenBytes('tiny-v11');
  for (let length = 0; length < good.length; length++) {
    const error: unknown = await readImage(new MemorySource(good.slice(0, length))).catch((thrown: unknown) => thrown);
    if (!(error instanceof CritError)) throw new Error(`${String(length)} bytes were read as an image`);
    expect(error.offset).toBeLessThanOrEqual(length);
    expect(['TRUNCATED', 'NOT_AN_IMAGE']).toContain(error.code);
  }
});

test('what stands before the damage is listed record by record', async () => {
  const bytes = goldenBytes('tiny-v11').slice(0, 700);
  const seen: number[] = [];
  const listing = async (): Promise<void> => {
    for await (const { offset } of readRecords(new MemorySource(bytes))) seen.push(offset);
  };
  await expect(listing()).rejects.toThrow(CritError);
  expect(seen.at(-1)).toBe(634);
});

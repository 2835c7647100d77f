import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemorySource } from '../../../src/format/bytes/memory.js';
import { CritError, FormatError } from '../../../src/format/errors.js';
import type { Image, Vma } from '../../../src/format/model/image.js';
import { readImage } from '../../../src/format/registry.js';
import { goldenBytes, goldenNames } from '../../support/golden.js';
import { runs } from '../../support/seed.js';

/** One change of some bytes: overwritten, cut out, or the rest dropped. */
type Mutation = (bytes: Uint8Array) => Uint8Array;

const BUDGET_BYTES = 1 << 22;
/** How far apart the places are where an image is cut: a number without a factor in common with sizes of records. */
const STEP_BYTES = 131;
const INTERESTING = [0, 1, 0x7f, 0x80, 0xff];
/** Most of the structure of the images is in their first bytes, or their last. */
const STRUCTURE_BYTES = 16_384;

const place = fc.oneof(
  fc.nat(STRUCTURE_BYTES),
  fc.nat(STRUCTURE_BYTES).map((back) => -1 - back),
  fc.nat(),
);

function at(bytes: Uint8Array, where: number): number {
  return where < 0 ? Math.max(0, bytes.length + where) : where % Math.max(bytes.length, 1);
}

const overwrite = fc
  .tuple(place, fc.array(fc.oneof(fc.constantFrom(...INTERESTING), fc.nat(255)), { minLength: 1, maxLength: 8 }))
  .map(([where, values]): Mutation => (bytes) => {
    const copy = bytes.slice();
    copy.set(values.slice(0, copy.length - at(bytes, where)), at(bytes, where));
    return copy;
  });

const cutOut = fc.tuple(place, fc.integer({ min: 1, max: 64 })).map(([where, length]): Mutation => (bytes) => {
  const start = at(bytes, where);
  return Uint8Array.from([...bytes.subarray(0, start), ...bytes.subarray(start + length)]);
});

const mutations = fc.array(fc.oneof({ weight: 4, arbitrary: overwrite }, cutOut), { minLength: 1, maxLength: 4 });

function damaged(name: string, changes: readonly Mutation[]): Uint8Array {
  return changes.reduce((bytes, change) => change(bytes), goldenBytes(name));
}

/** Every page that an image holds, as the task, its address and where its contents lie. */
function pagesOf(image: Image, isWanted: (vma: Vma) => boolean = () => true): Set<string> {
  const pages = new Set<string>();
  image.tasks.forEach((task, i) => {
    for (const { pages: held } of (task.mm?.vmas ?? []).filter(isWanted))
      for (let run = 0; run < held.count; run++)
        for (let k = 0; k < (held.nrPages[run] ?? 0); k++)
          pages.add(`${String(i)}:${String((held.vpn[run] ?? 0) + k)}@${String((held.offset[run] ?? 0) + k * 4096)}`);
  });
  return pages;
}

interface Lenient {
  readonly image: Image | undefined;
  readonly faults: readonly FormatError[];
}

async function readLeniently(bytes: Uint8Array): Promise<Lenient> {
  const faults: FormatError[] = [];
  const options = { budgetBytes: BUDGET_BYTES, onFault: (fault: FormatError) => void faults.push(fault) };
  try {
    return { image: await readImage(new MemorySource(bytes), options), faults };
  } catch (error) {
    if (!(error instanceof CritError)) throw error;
    return { image: undefined, faults };
  }
}

describe.each(goldenNames('ckpt'))('%s', (name) => {
  const good = goldenBytes(name);

  test('with mutations is read, or refused with a place', async () => {
    await fc.assert(
      fc.asyncProperty(mutations, async (changes) => {
        const bytes = damaged(name, changes);
        try {
          await readImage(new MemorySource(bytes), { budgetBytes: BUDGET_BYTES });
        } catch (error) {
          if (!(error instanceof CritError)) throw error;
          if (error.code === 'OVER_BUDGET') return;
          expect(error.offset).toBeGreaterThanOrEqual(0);
          expect(error.offset).toBeLessThanOrEqual(bytes.length);
        }
      }),
      runs(150),
    );
  });

  test('with mutations is read leniently, and what strict reading refuses is reported', async () => {
    await fc.assert(
      fc.asyncProperty(mutations, async (changes) => {
        const bytes = damaged(name, changes);
        const { image, faults } = await readLeniently(bytes);
        const strict: unknown = await readImage(new MemorySource(bytes), { budgetBytes: BUDGET_BYTES }).catch(
          (error: unknown) => error,
        );
        // a chunk that cannot be proved is left out before its addresses are looked at
        const isInChunk = strict instanceof FormatError && strict.path?.endsWith('.pages') === true;
        if (strict instanceof FormatError && image && !isInChunk) expect(faults[0]?.location).toBe(strict.location);
        if (strict instanceof FormatError && image) expect(faults).not.toEqual([]);
        if (!(strict instanceof FormatError)) expect(faults).toEqual([]);
        for (const { vmas } of image?.tasks.flatMap(({ mm }) => mm ?? []) ?? [])
          for (const { pages } of vmas) expect(lastByteOf(pages)).toBeLessThanOrEqual(bytes.length);
      }),
      runs(150),
    );
  });

  test('cut short it is refused where it ends, and leniently holds nothing but what it held', async () => {
    const whole = pagesOf(await readImage(new MemorySource(good)));
    let most = 0;
    for (let length = 37; length < good.length; length += STEP_BYTES) {
      const bytes = good.slice(0, length);
      const error: unknown = await readImage(new MemorySource(bytes)).catch((thrown: unknown) => thrown);
      expect(error, String(length)).toMatchObject({ code: 'TRUNCATED', offset: length });
      const { image, faults } = await readLeniently(bytes);
      if (image) expect(faults.map(({ code }) => code)).toEqual(['TRUNCATED']);
      const held = image ? pagesOf(image) : new Set<string>();
      for (const page of held) expect(whole.has(page), page).toBe(true);
      most = Math.max(most, held.size);
    }
    expect(most).toBe(whole.size);
  });

  test('of a cut chunk those pages are kept that are there as a whole', async () => {
    // of a SysV segment the mapping comes much later than the pages
    const whole = pagesOf(await readImage(new MemorySource(good)), ({ kind }) => kind !== 'sysv');
    const ends = [...whole].map((page) => Number(page.split('@')[1]) + 4096).sort((a, b) => a - b);
    for (const end of ends) {
      const { image } = await readLeniently(good.slice(0, end));
      const offsets = [...(image ? pagesOf(image) : [])].map((page) => Number(page.split('@')[1]));
      expect(offsets).toContain(end - 4096);
      const { image: shorter } = await readLeniently(good.slice(0, end - 1));
      expect([...(shorter ? pagesOf(shorter) : [])].some((page) => page.endsWith(`@${String(end - 4096)}`))).toBe(
        false,
      );
    }
  });
});

function lastByteOf({ count, offset, nrPages }: { count: number; offset: Float64Array; nrPages: Uint32Array }): number {
  let last = 0;
  for (let run = 0; run < count; run++) last = Math.max(last, (offset[run] ?? 0) + (nrPages[run] ?? 0) * 4096);
  return last;
}

import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { Cursor } from '../../../src/format/bytes/cursor.js';
import { MemorySource } from '../../../src/format/bytes/memory.js';
import { REVISIONS as CKPT_REVISIONS } from '../../../src/format/ckpt/tables/revision.js';
import { walkStream as walkCkpt } from '../../../src/format/ckpt/read/walker.js';
import { walkStream as walkCr } from '../../../src/format/cr/read/walker.js';
import { FormatError } from '../../../src/format/errors.js';
import { walkToEnd } from '../../../src/format/linux-cr/walk-to-end.js';
import { PAGE_BYTES } from '../../../src/format/model/page.js';
import { oneTask, type CkptBuilder } from '../../support/ckpt-stream.js';
import { runs } from '../../support/seed.js';
import { oneAnonVma } from '../../support/stream.js';

type WordBytes = 4 | 8;

const START = 0x8000n;
const MAPPED_PAGES = 100;

function crImage(counts: readonly number[], wordBytes: WordBytes): Uint8Array {
  const chunks = counts.map((count) => ({ header: count, count }));
  return oneAnonVma({ wordBytes, pages: MAPPED_PAGES, chunks });
}

/** The mapping of a ckpt image, in as many chunks. */
function addChunks(stream: CkptBuilder, counts: readonly number[]): void {
  const { wordBytes } = stream;
  const [vm_start, vm_end] = [START * 4096n, (START + BigInt(MAPPED_PAGES)) * 4096n];
  stream.object('MM', 12).record('MM', { map_count: 1 });
  if (stream.revision.auxv !== 'none')
    stream.record('BUFFER', {}, new Uint8Array(stream.revision.auxv === 'longs' ? 44 * wordBytes : 352));
  stream.record('VMA', { vma_type: 2, vm_start, vm_end });
  let page = Number(START);
  for (const count of counts) {
    const bytes = new Uint8Array(count * (wordBytes + PAGE_BYTES));
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < count; i++) view.setUint32(i * wordBytes, page++ * PAGE_BYTES, true);
    stream.record('PGARR', { nr_pages: BigInt(count) }).record('BUFFER', {}, bytes);
  }
  stream.record('PGARR', { nr_pages: 0n });
  stream.record('MM_CONTEXT', { ldt_entry_size: 8, nldt: 0 }).record('MM_CONTEXT_LDT');
}

function ckptImage(counts: readonly number[], wordBytes: WordBytes): Uint8Array {
  const [revision] = CKPT_REVISIONS.slice(-1);
  if (!revision) throw new Error('no revision');
  return oneTask(revision, wordBytes, {
    sections: {
      mm: (stream) => {
        addChunks(stream, counts);
      },
    },
  });
}

const FAMILIES = [
  { family: 'cr', imageOf: crImage, walk: walkCr, headBytes: 16 },
  { family: 'ckpt', imageOf: ckptImage, walk: walkCkpt, headBytes: 24 },
] as const;

/** One change of structure, somewhere around a chunk: at its header, in its array, or a cut. */
const change = fc.record({
  chunk: fc.nat(),
  within: fc.oneof(fc.nat(40), fc.integer({ min: -16, max: 0 })),
  value: fc.constantFrom(0, 1, 2, 0x10, 0x7f, 0x80, 0xcb, 0xff),
  kind: fc.oneof({ weight: 8, arbitrary: fc.constant('byte') }, fc.constantFrom('remove', 'insert', 'truncate')),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

const image = fc.record({
  counts: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 14 }),
  wordBytes: fc.constantFrom<WordBytes>(4, 8),
  changes: fc.array(change, { maxLength: 3 }),
});

/** Where the chunks of an image begin, told by what its walk lists. */
function chunkOffsets(bytes: Uint8Array, walk: typeof walkCr | typeof walkCkpt): number[] {
  const offsets: number[] = [];
  for (const item of walk(new MemorySource(bytes)))
    if (!(item instanceof Promise) && item.kind !== 'trailing' && item.name === 'PGARR') offsets.push(item.offset);
  return offsets;
}

function damaged(bytes: Uint8Array, offsets: readonly number[], changes: readonly Change[]): Uint8Array {
  let changed = Buffer.from(bytes);
  for (const { chunk, within, value, kind } of changes) {
    const at = Math.min((offsets[chunk % offsets.length] ?? 0) + within, changed.length - 1);
    const [before, behind] = [changed.subarray(0, at), changed.subarray(at)];
    if (kind === 'byte') changed[at] = value;
    else if (kind === 'truncate') changed = Buffer.from(before);
    else
      changed = Buffer.concat(
        [before, kind === 'insert' ? Buffer.alloc(4, value) : '', behind.subarray(kind === 'remove' ? 4 : 0)].map(
          (part) => Buffer.from(part),
        ),
      );
  }
  return new Uint8Array(changed);
}

interface Outcome {
  readonly parts: unknown;
  readonly faults: readonly string[];
}

/** All that a walk tells, whether it goes on behind faults or not. */
async function outcome(
  bytes: Uint8Array,
  walk: typeof walkCr | typeof walkCkpt,
  isLenient: boolean,
  isListing: boolean,
): Promise<Outcome> {
  const faults: string[] = [];
  const tell = (fault: FormatError): void => void faults.push(`${fault.code} ${String(fault.offset)} ${fault.message}`);
  const options = { isListing, ...(isLenient ? { onFault: tell } : {}) };
  try {
    // what both return is only compared
    const parts = await walkToEnd<unknown>(walk(new MemorySource(bytes), options) as Generator, undefined);
    return { parts, faults };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    tell(error);
    return { parts: undefined, faults };
  }
}

describe.each(FAMILIES)('an image of the family $family', ({ imageOf, walk }) => {
  test.each([
    ['where faults are thrown', false],
    ['where faults are told', true],
  ])('is the same, and as wrong, without skimming its chunks: %s', async (_, isLenient) => {
    await fc.assert(
      fc.asyncProperty(image, async ({ counts, wordBytes, changes }) => {
        // enough chunks that not all of them are near the end
        const bytes = imageOf([...counts, ...Array.from({ length: 6 }, () => 6)].slice(0, 15), wordBytes);
        const broken = damaged(bytes, chunkOffsets(bytes, walk), changes);
        const skimmed = await outcome(broken, walk, isLenient, false);
        expect(skimmed).toEqual(await outcome(broken, walk, isLenient, true));
      }),
      runs(250),
    );
  });

  test.each([false, true])(
    'is skimmed: most of its chunks are read without an item (lenient: %s)',
    async (isLenient) => {
      const atHand = vi.spyOn(Cursor.prototype, 'atHand');
      const goBack = vi.spyOn(Cursor.prototype, 'goBack');
      const need = vi.spyOn(Cursor.prototype, 'need');
      try {
        const bytes = imageOf(
          Array.from({ length: 16 }, () => 6),
          8,
        );
        const listed = await outcome(bytes, walk, isLenient, true);
        const needed = need.mock.calls.length;
        expect(atHand).not.toHaveBeenCalled();
        need.mockClear();
        expect(await outcome(bytes, walk, isLenient, false)).toEqual(listed);
        expect(atHand.mock.calls.length).toBeGreaterThan(8);
        expect(goBack.mock.calls.length).toBeLessThan(3);
        expect(need.mock.calls.length).toBeLessThan(needed - 20);
      } finally {
        vi.restoreAllMocks();
      }
    },
  );
});

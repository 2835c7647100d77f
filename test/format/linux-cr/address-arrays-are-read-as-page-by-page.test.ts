import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../../src/format/errors.js';
import { addressReader, indexReader, type PageReader } from '../../../src/format/linux-cr/address-array.js';
import { PAGE_BYTES } from '../../../src/format/model/page.js';
import { PageRunsBuilder, type PageRuns } from '../../../src/format/model/page-runs.js';
import { runs } from '../../support/seed.js';

/** Where the array and the contents are said to be. */
const ARRAY_OFFSET = 1000;
const CONTENTS_OFFSET = 2 ** 33 + 24;

interface Verdict {
  readonly runs: (readonly [number, number, number])[];
  readonly fault: readonly [string, number] | undefined;
}

/** What is wrong with one number behind `last`, all in bigints and slow. */
function faultOf(number: bigint, last: bigint, start: bigint, end: bigint, unit: bigint): string | undefined {
  const page = number / unit;
  if (number % unit !== 0n) return 'ADDRESS_UNALIGNED';
  if (page > last && page < end) return undefined;
  return page >= start && page < end ? 'ADDRESS_ORDER' : 'ADDRESS_OUT_OF_VMA';
}

/** Page by page, until the first that is wrong. */
function slowly(
  numbers: readonly bigint[],
  wordBytes: 4 | 8,
  [start, end]: readonly [number, number],
  unit: bigint,
): Verdict {
  const found: [number, number, number][] = [];
  let last = BigInt(start) - 1n;
  for (const [i, number] of numbers.entries()) {
    const code = faultOf(number, last, BigInt(start), BigInt(end), unit);
    if (code !== undefined) return { runs: found, fault: [code, ARRAY_OFFSET + i * wordBytes] };
    const page = number / unit;
    const run = found.at(-1);
    if (run && page === last + 1n) run[1]++;
    else found.push([Number(page), 1, CONTENTS_OFFSET + i * PAGE_BYTES]);
    last = page;
  }
  return { runs: found, fault: undefined };
}

function rowsOf({ count, vpn, nrPages, offset }: PageRuns): Verdict['runs'] {
  return Array.from({ length: count }, (_, i) => [vpn[i] ?? 0, nrPages[i] ?? 0, offset[i] ?? 0] as const);
}

function read(reader: PageReader, builder: PageRunsBuilder, words: Int32Array, wordBytes: 4 | 8): Verdict {
  const at = { offset: ARRAY_OFFSET, path: '' };
  try {
    reader.add(words, wordBytes, CONTENTS_OFFSET, at);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { runs: rowsOf(builder.take()), fault: [error.code, error.offset ?? 0] };
  }
  return { runs: rowsOf(builder.take()), fault: undefined };
}

/** The words of an array that begins so many words behind a multiple of 8 bytes. */
function wordsOf(numbers: readonly bigint[], wordBytes: 4 | 8, shift: number): Int32Array {
  const words = new Int32Array(shift + (numbers.length * wordBytes) / 4);
  const view = new DataView(words.buffer, shift * 4);
  numbers.forEach((number, i) => {
    if (wordBytes === 8) view.setBigUint64(i * 8, BigInt.asUintN(64, number), true);
    else view.setUint32(i * 4, Number(BigInt.asUintN(32, number)), true);
  });
  return words.subarray(shift);
}

/** From a number to the next one, in units: nearly always its neighbour. */
const step = fc.oneof(
  { weight: 30, arbitrary: fc.constant([1n, 0n] as const) },
  { weight: 3, arbitrary: fc.tuple(fc.bigInt(-3n, 5n), fc.constant(0n)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant(1n), fc.bigInt(0n, 4095n)) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(1n << 20n, 1n << 32n, 1n << 40n, 1n << 51n), fc.constant(0n)) },
);

/** Around the places where an upper half changes, doubles end or a sign begins. */
const first = fc
  .tuple(
    fc.constantFrom(0n, 0x1000n, 1n << 20n, 1n << 32n, 1n << 40n, 1n << 51n, 1n << 52n, (1n << 64n) / 4096n),
    fc.bigInt(-9n, 9n),
  )
  .map(([around, more]) => (around + more < 0n ? 0n : around + more));

const shape = fc.record({
  first,
  steps: fc.array(step, { minLength: 1, maxLength: 60 }),
  before: fc.nat(3),
  behind: fc.integer({ min: -20, max: 100 }),
  wordBytes: fc.constantFrom<4 | 8>(4, 8),
  shift: fc.constantFrom(0, 1),
});

describe.each([
  [
    'addresses',
    4096n,
    (start: number, end: number, builder: PageRunsBuilder) => addressReader({ startVpn: start, endVpn: end }, builder),
  ],
  ['indices', 1n, (_start: number, end: number, builder: PageRunsBuilder) => indexReader(end, builder)],
] as const)('an array of %s', (what, unit, readerOf) => {
  test('gives the runs and the fault, code and place, that looking at one after the other gives', () => {
    fc.assert(
      fc.property(shape, ({ first: start, steps, before, behind, wordBytes, shift }) => {
        const mask = (1n << BigInt(8 * wordBytes)) - 1n;
        const numbers: bigint[] = [];
        let page = start;
        for (const [more, odd] of steps) {
          numbers.push(((page * unit) | (odd % unit)) & mask);
          page += more;
        }
        const startVpn = what === 'indices' ? 0 : Math.max(0, Number(((start * unit) & mask) / unit) - before);
        const endVpn = Math.max(startVpn, startVpn + before + steps.length + behind);
        const limit = what === 'indices' ? Number((start & mask) % (1n << 52n)) + steps.length + behind : endVpn;
        const range = [startVpn, Math.max(0, limit)] as const;
        const builder = new PageRunsBuilder();
        const reader = readerOf(range[0], range[1], builder);
        const actual = read(reader, builder, wordsOf(numbers, wordBytes, shift), wordBytes);
        expect(actual).toEqual(slowly(numbers, wordBytes, range, unit));
      }),
      runs(3000),
    );
  });
});

test('what was added since a mark can be undone', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 200 }), fc.nat(), (gaps, cut) => {
      let page = 0n;
      const numbers = gaps.map((gap) => (page += BigInt(gap)) * BigInt(PAGE_BYTES));
      const kept = cut % gaps.length;
      const builder = new PageRunsBuilder();
      const reader = addressReader({ startVpn: 0, endVpn: 1000 }, builder);
      const at = { offset: ARRAY_OFFSET, path: '' };
      const words = wordsOf(numbers, 8, 0);
      reader.add(words.subarray(0, 2 * kept), 8, CONTENTS_OFFSET, at);
      const mark = reader.mark();
      for (let again = 0; again < 2; again++) {
        reader.undo(mark);
        reader.add(words.subarray(2 * kept), 8, CONTENTS_OFFSET + kept * PAGE_BYTES, at);
      }
      expect(rowsOf(builder.take())).toEqual(slowly(numbers, 8, [0, 1000], 4096n).runs);
    }),
    runs(300),
  );
});

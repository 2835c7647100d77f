import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MemoryMap } from '../../../src/format/model/memory-map.js';
import { exactPattern, hexPattern, integerPattern, textPattern } from '../../../src/inspect/search/bytes-pattern.js';
import { pointerPattern, regexPattern, type SearchPattern } from '../../../src/inspect/search/pattern.js';
import { countMatches, searchMemory, type Match, type SearchOptions } from '../../../src/inspect/search/search.js';
import { runs } from '../../support/seed.js';
import { anyMemory } from './arbitrary-memory.js';
import { naiveMatches, stretchesOf, trimmed, type NaiveMatch, type Stretch } from './naive-memory.js';

async function searched(map: MemoryMap, pattern: SearchPattern, options: SearchOptions = {}): Promise<Match[]> {
  const found: Match[] = [];
  for await (const match of searchMemory(map, pattern, options)) found.push(match);
  return found;
}

interface Place {
  readonly space: number;
  readonly vaddr: bigint;
  readonly bytes: Uint8Array;
}

/** Comparable, and quick to compare. */
function placesOf(matches: readonly Place[]): string[] {
  return matches.map(
    ({ space, vaddr, bytes }) => `${String(space)} ${vaddr.toString(16)} ${Buffer.from(bytes).toString('hex')}`,
  );
}

const pieceBytes = fc.constantFrom(100, 1000, 4096, 8192, 12_289, 2 ** 21);

/** Whether the bytes at each position are wanted. */
function bytesEnd(length: number, isWanted: (byte: number, i: number) => boolean) {
  return ({ bytes }: Stretch, at: number): number => {
    for (let i = 0; i < length; i++) {
      const byte = bytes[at + i];
      if (byte === undefined || !isWanted(byte, i)) return -1;
    }
    return at + length;
  };
}

async function expectAlike(
  map: MemoryMap,
  pattern: SearchPattern,
  expected: readonly NaiveMatch[],
  options: SearchOptions = {},
): Promise<void> {
  expect(placesOf(await searched(map, pattern, options))).toEqual(placesOf(expected));
  expect(await countMatches(map, pattern, options)).toBe(expected.length);
}

const letter = fc.constantFrom(0, 0x61, 0x41, 0x62, 0x80, 0xff);
const needle = fc.array(fc.option(letter, { nil: undefined, freq: 6 }), { minLength: 2, maxLength: 12 });

test('bytes with wildcards are found at every position that naive search finds', async () => {
  await fc.assert(
    fc.asyncProperty(anyMemory, needle, pieceBytes, async (map, wanted, size) => {
      fc.pre(wanted.some((byte) => byte !== undefined));
      const text = wanted.map((byte) => byte?.toString(16).padStart(2, '0') ?? '??').join(' ');
      const end = bytesEnd(wanted.length, (byte, i) => wanted[i] === undefined || wanted[i] === byte);
      // pages full of zeros match at every position
      const expected = naiveMatches(await stretchesOf(map), end, true);
      await expectAlike(map, hexPattern(text), expected, { pieceBytes: size });
    }),
    runs(150),
  );
}, 120_000);

test('patterns longer than a page reach over a page that is not held', async () => {
  await fc.assert(
    fc.asyncProperty(anyMemory, fc.integer({ min: 4090, max: 9000 }), letter, async (map, length, last) => {
      const wanted = new Uint8Array(length);
      wanted[0] = 0x61;
      wanted[length - 1] = last;
      const expected = naiveMatches(
        await stretchesOf(map),
        bytesEnd(length, (byte, i) => byte === wanted[i]),
        true,
      );
      await expectAlike(map, exactPattern(wanted), expected);
    }),
    runs(60),
  );
}, 120_000);

test('text is found in either case and encoding', async () => {
  const word = fc
    .array(fc.constantFrom('a', 'A', 'b', '\0'), { minLength: 1, maxLength: 4 })
    .map((all) => all.join(''));
  await fc.assert(
    fc.asyncProperty(
      anyMemory,
      word,
      fc.boolean(),
      fc.boolean(),
      pieceBytes,
      async (map, text, isWide, ignoreCase, size) => {
        const wanted = Buffer.from(text, isWide ? 'utf16le' : 'utf8');
        const folded = (byte: number): number =>
          byte === 0x61 && ignoreCase ? 0x41 : byte === 0x62 && ignoreCase ? 0x42 : byte;
        const expected = naiveMatches(
          await stretchesOf(map),
          bytesEnd(wanted.length, (byte, i) => folded(byte) === folded(wanted[i] ?? 0)),
          true,
        );
        const pattern = textPattern(text, { encoding: isWide ? 'utf-16le' : 'utf-8', ignoreCase });
        await expectAlike(map, pattern, expected, { pieceBytes: size });
      },
    ),
    runs(100),
  );
}, 120_000);

test('integers of every size and order are found, aligned or not', async () => {
  const size = fc.constantFrom(1 as const, 2 as const, 4 as const, 8 as const);
  await fc.assert(
    fc.asyncProperty(
      anyMemory,
      size,
      fc.boolean(),
      fc.boolean(),
      letter,
      fc.nat(255),
      async (map, bytes, isBigEndian, isAligned, byte, high) => {
        fc.pre(byte !== 0 || bytes > 1);
        const value = BigInt(byte) | (bytes > 1 ? BigInt(high % 3 === 0 ? 0x61 : 0) << 8n : 0n);
        const end = ({ bytes: memory, vaddr }: Stretch, at: number): number => {
          if (at + bytes > memory.length || (isAligned && (vaddr + BigInt(at)) % BigInt(bytes) !== 0n)) return -1;
          const view = Array.from(memory.subarray(at, at + bytes));
          if (!isBigEndian) view.reverse();
          return view.reduce((all, each) => (all << 8n) | BigInt(each), 0n) === value ? at + bytes : -1;
        };
        const expected = naiveMatches(await stretchesOf(map), end, true);
        await expectAlike(map, integerPattern(value, { bytes, isBigEndian, isAligned }), expected, {
          pieceBytes: 4096,
        });
      },
    ),
    runs(100),
  );
}, 120_000);

test('pointers into ranges are found, also in memory that is cut anywhere', async () => {
  const value = fc.constantFrom(
    0n,
    0x61n,
    0x6161n,
    0x4161_6161n,
    0x6161_6161_6161_6161n,
    0x8080_8080_8080_8080n,
    (1n << 64n) - 1n,
  );
  const range = fc
    .tuple(value, fc.constantFrom(1n, 2n, 0x1_0000n, 1n << 40n))
    .map(([start, length]) => ({ start, end: start + length }));
  await fc.assert(
    fc.asyncProperty(
      anyMemory,
      fc.array(range, { minLength: 1, maxLength: 2 }),
      fc.constantFrom(4 as const, 8 as const),
      pieceBytes,
      fc.nat(30_000),
      fc.nat(9000),
      async (map, ranges, wordBytes, size, from, length) => {
        const base = map.spaces[0]?.areas[0]?.vm_start ?? 0n;
        const within = { start: base + BigInt(from), end: base + BigInt(from + length) };
        const end = ({ bytes, vaddr }: Stretch, at: number): number => {
          if (at + wordBytes > bytes.length || (vaddr + BigInt(at)) % BigInt(wordBytes) !== 0n) return -1;
          const word = bytes
            .slice(at, at + wordBytes)
            .reverse()
            .reduce((all, byte) => (all << 8n) | BigInt(byte), 0n);
          return ranges.some((each) => word >= each.start && word < each.end) ? at + wordBytes : -1;
        };
        const expected = naiveMatches(await stretchesOf(map, within), end, true);
        await expectAlike(map, pointerPattern(ranges, wordBytes), expected, {
          pieceBytes: size,
          within: () => [within],
        });
      },
    ),
    runs(150),
  );
}, 120_000);

const EXPRESSIONS = [
  'a+',
  'a{2,}b?',
  '[aA]+\\x00{0,3}',
  '\\x00+a',
  '\\x00{7}',
  'a.b',
  '.{3}',
  '[^\\x00]+',
  '(a|ab)(\\xff|\\x00)*',
  'a*?b',
  '(?<=a)\\x00',
];

test('matches of an expression are those of the expression at one place after the other', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyMemory,
      fc.constantFrom(...EXPRESSIONS),
      fc.integer({ min: 3, max: 40 }),
      fc.constantFrom(200, 4096, 10_000),
      async (map, source, longest, size) => {
        const stretches = (await stretchesOf(map)).flatMap((stretch) => trimmed(stretch, longest - 1));
        const sticky = new RegExp(source, 'sy');
        const texts = new Map(stretches.map((stretch) => [stretch, Buffer.from(stretch.bytes).toString('latin1')]));
        const end = (stretch: Stretch, at: number): number => {
          sticky.lastIndex = at;
          const text = texts.get(stretch)?.slice(Math.max(0, at - 2), at + longest) ?? '';
          sticky.lastIndex = Math.min(at, 2);
          return sticky.test(text) ? at + sticky.lastIndex - Math.min(at, 2) : -1;
        };
        const expected = naiveMatches(stretches, end, false);
        await expectAlike(map, regexPattern(source, { maxMatchBytes: longest }), expected, { pieceBytes: size });
      },
    ),
    runs(150),
  );
}, 120_000);

test('context is the memory around, up to a border; a limit gives the first matches', async () => {
  await fc.assert(
    fc.asyncProperty(anyMemory, fc.nat(5000), fc.nat(20), pieceBytes, async (map, contextBytes, limit, size) => {
      const expected = naiveMatches(
        (await stretchesOf(map)).flatMap((stretch) => trimmed(stretch, Math.max(contextBytes, 1))),
        bytesEnd(2, (byte, i) => byte === [0x61, 0x62][i]),
        true,
      ).slice(0, limit);
      const found = await searched(map, exactPattern(Uint8Array.of(0x61, 0x62)), {
        contextBytes,
        limit,
        pieceBytes: size,
      });
      expect(placesOf(found)).toEqual(placesOf(expected));
      for (const [i, { stretch, at }] of expected.entries()) {
        const match = found[i];
        const around = stretch.bytes.subarray(Math.max(0, at - contextBytes), at + 2 + contextBytes);
        const shown = Buffer.concat([match?.before ?? around, match?.bytes ?? around, match?.after ?? around]);
        expect(shown.equals(around)).toBe(true);
        expect(match?.before.length).toBe(Math.min(at, contextBytes));
      }
    }),
    runs(100),
  );
}, 120_000);

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemorySource } from '../../../src/format/bytes/memory.js';
import type { MemoryMap } from '../../../src/format/model/memory-map.js';
import { PAGE_BYTES, vaddrOf } from '../../../src/format/model/page.js';
import { PageRunsBuilder } from '../../../src/format/model/page-runs.js';
import { tableOf } from '../../../src/format/model/page-table.js';
import {
  stringsIn,
  type StringEncoding,
  type StringMatch,
  type StringsOptions,
} from '../../../src/inspect/search/strings.js';
import { runs } from '../../support/seed.js';
import { anyMemory } from './arbitrary-memory.js';
import { naiveMatches, stretchesOf, trimmed, type Stretch } from './naive-memory.js';

async function stringsOf(map: MemoryMap, options: StringsOptions): Promise<StringMatch[]> {
  const found: StringMatch[] = [];
  for await (const match of stringsIn(map, options)) found.push(match);
  return found;
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

function isText(bytes: Uint8Array): boolean {
  const text = utf8.decode(bytes);
  const isWhole = Buffer.from(text).equals(bytes);
  return isWhole && /^[^\0-\x08\x0a-\x1f\x7f-\x9f]$/u.test(text);
}

/** Bytes of the character that stands somewhere, 0 if there is none. */
const CHARACTERS: Readonly<Record<StringEncoding, (bytes: Uint8Array, at: number) => number>> = {
  ascii: (bytes, at) => ((bytes[at] ?? 0x80) < 0x80 && isText(bytes.subarray(at, at + 1)) ? 1 : 0),
  utf8: (bytes, at) => [1, 2, 3, 4].find((n) => at + n <= bytes.length && isText(bytes.subarray(at, at + n))) ?? 0,
  utf16: (bytes, at) => {
    if (at + 2 > bytes.length) return 0;
    const code = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
    return code === 9 || (code >= 0x20 && code < 0x7f) || (code >= 0xa0 && code < 0x590) ? 2 : 0;
  },
};

function stringEnd(encoding: StringEncoding, least: number) {
  return ({ bytes }: Stretch, at: number): number => {
    let [count, end] = [0, at];
    for (let n = 1; n > 0;) {
      n = CHARACTERS[encoding](bytes, end);
      end += n;
      if (n > 0) count++;
    }
    return count >= least ? end : -1;
  };
}

test.each(['ascii', 'utf8', 'utf16'] as const)('%s: strings are those of naive search', async (encoding) => {
  await fc.assert(
    fc.asyncProperty(anyMemory, fc.integer({ min: 1, max: 6 }), async (map, least) => {
      const stretches = (await stretchesOf(map)).flatMap((stretch) => trimmed(stretch, encoding === 'utf16' ? 1 : 0));
      const expected = naiveMatches(stretches, stringEnd(encoding, least), false);
      const found = await stringsOf(map, { encoding, minCharacters: least });
      const place = ({ space, vaddr, bytes }: { space: number; vaddr: bigint; bytes: Uint8Array }): string =>
        `${String(space)} ${vaddr.toString(16)} ${Buffer.from(bytes).toString('hex')}`;
      expect(found.map(place)).toEqual(expected.map(place));
    }),
    runs(100),
  );
});

function mapOf(bytes: Uint8Array): MemoryMap {
  const builder = new PageRunsBuilder();
  builder.add(16, bytes.length / PAGE_BYTES, 0);
  const facts = { vm_page_prot: 0n, vm_flags: 0n, vm_pgoff: 0n, kind: 'anon' as const, name: undefined };
  const area = {
    ...facts,
    vm_start: vaddrOf(16),
    vm_end: vaddrOf(16) + BigInt(bytes.length),
    pages: tableOf(builder.take()),
  };
  const format = { family: 'cr' as const, revision: 'v11', covers: 'v11', wordBytes: 8 as const, decidedBy: [] };
  return {
    name: 'text',
    format,
    spaces: [{ pids: [1], comm: 'text', areas: [area] }],
    contents: new MemorySource(bytes),
  };
}

test('text is decoded as it was encoded', async () => {
  for (const [encoding, node] of [
    ['utf8', 'utf8'],
    ['utf16', 'utf16le'],
  ] as const) {
    const bytes = new Uint8Array(PAGE_BYTES);
    bytes.set(Buffer.from('Grüße, Ωμέγα, жизнь', node), 77);
    const [found, ...others] = await stringsOf(mapOf(bytes), { encoding });
    expect(found).toMatchObject({ vaddr: 0x10000n + 77n, text: 'Grüße, Ωμέγα, жизнь', isCut: false });
    expect(others).toEqual([]);
  }
});

test('a string longer than 64 KiB is cut there, which is said, and goes on', async () => {
  const bytes = new Uint8Array(40 * PAGE_BYTES);
  bytes.fill(0x61, 100, 140_000);
  const found = await stringsOf(mapOf(bytes), { pieceBytes: 1 });
  expect(found.map(({ length, isCut }) => [length, isCut])).toEqual([
    [65_536, true],
    [65_536, true],
    [140_000 - 100 - 2 * 65_536, false],
  ]);
});

test('a length that no string has is refused', async () => {
  await expect(stringsOf(mapOf(new Uint8Array(PAGE_BYTES)), { minCharacters: 0 })).rejects.toThrow(/shortest string/);
});

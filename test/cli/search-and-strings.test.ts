// The program as `npm run build` made it.
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { critExpecting } from '../support/cli.js';
import { GOLDEN } from '../support/golden.js';

// text stands in its heap every 32 bytes, and pointers to its start in its stack
const IMAGE = path.join(GOLDEN, 'D2-v11-x86_64.img');
const TEXT = '*+,-./0123456789:;<=>?@A';

async function lines(status: number, ...args: string[]): Promise<string[]> {
  const { stdout } = await critExpecting(status, args);
  return stdout.toString().split('\n').slice(0, -1);
}

test('search prints address, mapping and bytes of each match', async () => {
  expect(await lines(0, 'search', IMAGE, '0123', '--limit', '2', '--vma', '[heap]')).toEqual([
    '00000060600e  [heap]  30 31 32 33                                      |0123            |',
    '00000060602e  [heap]  30 31 32 33                                      |0123            |',
  ]);
});

test('search shows what is around a match', async () => {
  expect(await lines(0, 'search', IMAGE, '--hex', '30 ?? 32 33', '--limit', '1', '-C', '4')).toEqual([
    '00000060600e  [heap]',
    '  000000606000                                2c 2d 2e 2f 30 31  |          ,-./01|',
    '  000000606010  32 33 34 35 36 37                                |234567          |',
  ]);
});

test('nothing found is exit status 1, with and without --count and --json', async () => {
  expect(await lines(1, 'search', IMAGE, 'is not there')).toEqual([]);
  expect(await lines(1, 'search', IMAGE, 'is not there', '--count')).toEqual(['0']);
  expect(await lines(1, 'search', IMAGE, 'is not there', '--json')).toEqual(['[', ']']);
});

test('--count tells as many as there are lines, for every kind of pattern', async () => {
  for (const args of [
    ['01234', '--ignore-case'],
    ['--regex', '[0-9]{10}'],
    ['--u32', '--aligned', '0x35343332'],
    ['--u16', '--big-endian', '0x3031'],
    ['--pointer-to', '[stack]'],
    ['--pointer-to', '[stack]', '--vma', 'stack', '--limit', '5'],
  ]) {
    const [count] = await lines(0, 'search', IMAGE, '--count', ...args);
    expect(Number(count)).toBeGreaterThan(0);
    expect((await lines(0, 'search', IMAGE, ...args)).length).toBe(Number(count));
  }
});

test('--json has a match a line', async () => {
  const { stdout } = await critExpecting(0, ['search', IMAGE, '0123', '--limit', '1', '--json', '-C', '2']);
  expect(JSON.parse(stdout.toString())).toEqual([
    {
      pid: 4711,
      vaddr: '0x60600e',
      length: 4,
      vma: { start: '0x606000', kind: 'heap', name: '[heap]' },
      bytes: '30313233',
      before: '2e2f',
      after: '3435',
    },
  ]);
});

test('strings prints address and text', async () => {
  const found = await lines(0, 'strings', IMAGE, '-n', '24', '--limit', '2');
  expect(found).toEqual([`000000606008  ${TEXT}`, `000000606028  ${TEXT}`]);
  const { stdout } = await critExpecting(0, ['strings', IMAGE, '-n', '24', '--limit', '1', '--json']);
  expect(JSON.parse(stdout.toString())).toMatchObject([{ vaddr: '0x606008', text: TEXT, length: 24, isCut: false }]);
});

test.each([
  ['no pattern', [], 'say what to search for'],
  ['a pattern and --pointer-to', ['x', '--pointer-to', '[stack]'], 'takes the place'],
  ['two kinds of pattern', ['12', '--hex', '--u8'], 'do not go together'],
  ['half a byte', ['123', '--hex'], 'pairs of hex digits'],
  ['a number that does not fit', ['256', '--u8'], '8 bits'],
  ['an expression that is none', ['(', '--regex'], 'Invalid regular expression'],
  ['an option of another kind', ['12', '--aligned'], '--aligned does not go'],
  ['a mapping that is not there', ['12', '--vma', 'nosuch'], 'nosuch'],
  ['a task that is not there', ['12', '--pid', '1'], 'expected 4711'],
])('%s is wrong usage', async (_, args, text) => {
  expect((await critExpecting(2, ['search', IMAGE, ...args])).stderr).toContain(text);
});

test('a pattern that begins with a dash stands behind --', async () => {
  expect((await lines(0, 'search', IMAGE, '--limit', '1', '--', '-./012')).length).toBe(1);
});

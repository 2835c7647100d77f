// The program as `npm run build` made it.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openFile } from '../../src/format/bytes/file.js';
import { memoryMapOf } from '../../src/format/model/memory-map.js';
import { readImage } from '../../src/format/registry.js';
import { openSpaces, spaceOf } from '../../src/inspect/space.js';
import { critExpecting } from '../support/cli.js';
import { GOLDEN, goldenBytes } from '../support/golden.js';
import { scratchDirectory } from '../support/scratch.js';

/** Tasks 1, 20 and 21; the heap of task 1 is at 0x606000-0x640000, of which pages are missing. */
const NAME = 'H3-tree-x86_64';
const IMAGE = path.join(GOLDEN, `${NAME}.img`);
const HEAP_BYTES = 0x3a000;

/** The heap of task 1, read by the library. */
async function heap(): Promise<Buffer> {
  const image = await readImage(openFile(IMAGE));
  try {
    return Buffer.from(await spaceOf(openSpaces(memoryMapOf(image)), 1).read(0x606000n, HEAP_BYTES));
  } finally {
    await image.close();
  }
}

const read = (...args: string[]): string[] => ['read', IMAGE, '--pid', '1', ...args];

/** The bytes that a hexdump shows, with the folded lines; undefined where an address does not follow. */
function undump(text: string): Buffer {
  const parts: Buffer[] = [];
  let last: { vaddr: number; row: Buffer } | undefined;
  for (const line of text.trimEnd().split('\n')) {
    if (line === '*') continue;
    const vaddr = parseInt(line.slice(0, 12), 16);
    for (let at = (last?.vaddr ?? vaddr) + 16; last && at < vaddr; at += 16) parts.push(last.row);
    const row = Buffer.from(line.slice(14, 14 + 48).replaceAll(' ', ''), 'hex');
    parts.push(row);
    last = { vaddr, row };
  }
  return Buffer.concat(parts);
}

describe('read', () => {
  test('dumps what the library reads, folds lines that repeat, and ends with the end address', async () => {
    const { stdout } = await critExpecting(0, read('[heap]', String(HEAP_BYTES)));
    const text = stdout.toString();
    expect(undump(text).equals(await heap())).toBe(true);
    expect(text).toMatch(/\n000000640000\n$/);
    expect(text).toContain('\n*\n');
    expect(text.split('\n').length).toBeLessThan(HEAP_BYTES / 16);
  });

  test('begins rows at multiples of 16, blank outside of the range', async () => {
    const { stdout } = await critExpecting(0, read('0x606008', '12'));
    expect(stdout.toString()).toBe(
      '000000606000                          2a 2b 2c 2d 2e 2f 30 31  |        *+,-./01|\n' +
        '000000606010  32 33 34 35                                      |2345            |\n' +
        '000000606014\n',
    );
  });

  test('--raw gives the bytes, to standard output and into a file, and through a pipe', async () => {
    const expected = await heap();
    const file = path.join(scratchDirectory(), 'heap.bin');
    const { stdout } = await critExpecting(0, read('[heap]', '0x3a000', '--raw'));
    await critExpecting(0, read('00606000-00640000', '--raw', '-o', file));
    const piped = ['read', '-', '[heap]', String(HEAP_BYTES), '--pid', '1', '--raw'];
    const { stdout: fromPipe } = await critExpecting(0, piped, { input: Buffer.from(goldenBytes(NAME)) });
    expect([stdout, fs.readFileSync(file), fromPipe].map((bytes) => bytes.equals(expected))).toEqual([
      true,
      true,
      true,
    ]);
  });

  test('--u64 gives words, and says where they point', async () => {
    const { stdout } = await critExpecting(0, read('[heap]', '--u64', '--count', '2'));
    expect(stdout.toString()).toBe(
      '000000606000  0x0000000000606000               6316032  [heap]\n' +
        `000000606008  0x31302f2e2d2c2b2a   ${String(0x31302f2e2d2c2b2an)}\n`,
    );
  });

  test('--string gives the text up to its NUL, escaped', async () => {
    const { stdout } = await critExpecting(0, read('[heap]+8', '6', '--string', '--json'));
    expect(JSON.parse(stdout.toString())).toEqual({
      vaddr: '0x606008',
      text: '*+,-./',
      lengthBytes: 6,
      isTerminated: false,
    });
    expect((await critExpecting(0, read('[heap]+1', '--string'))).stdout.toString()).toBe('``\n');
  });

  test('--json has bytes in hex and what is missing in its place', async () => {
    const { stdout, stderr } = await critExpecting(3, read('0x63fffc', '8', '--json'));
    const message = '0x640000 is not mapped';
    expect(JSON.parse(stdout.toString())).toEqual([
      { vaddr: '0x63fffc', hex: '00000000' },
      { vaddr: '0x640000', end: '0x640004', code: 'NOT_MAPPED', message },
    ]);
    expect(stderr).toBe(`crit: ${message}  [NOT_MAPPED]\n`);
  });

  test('what is not in the image is a line of its own, and the exit status is 3', async () => {
    const { stdout, stderr } = await critExpecting(3, read('0x403ff0', '0x202020'));
    const lines = stdout.toString().split('\n');
    expect(lines.slice(0, 2)).toEqual([
      '000000403ff0-000000404000  not in the image: file /usr/local/bin/counter',
      '000000404000-000000606000  not mapped',
    ]);
    expect(lines[2]).toMatch(/^000000606000 {2}00 60 60/);
    expect(stderr).toMatch(/^crit: 0x403ff0 is not in the image: file .*\[NOT_IN_IMAGE\]\n$/);
  });

  test('--raw stops where it cannot go on, and leaves no file', async () => {
    const directory = scratchDirectory();
    await critExpecting(3, read('0x63fff0', '32', '--raw', '-o', path.join(directory, 'part.bin')));
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  test.each([
    [
      'an address space of several',
      ['read', IMAGE, '[heap]'],
      /3 address spaces, expected a pid that tells which: 1, 20, 21/,
    ],
    ['an unknown name', read('libx.so'), /mapped here: counter, \[heap\], \[stack\]/],
    ['a length that is none', read('[heap]', 'all'), /length is all, expected a number above 0/],
    ['a length beyond all addresses', read('0xffffffffffffff00', '0x101'), /length is 257, expected 256 at most/],
    ['two forms at once', read('[heap]', '--raw', '--u8'), /--raw and --u8 do not go together/],
    ['a count of nothing', read('[heap]', '--count', '3'), /--count needs/],
    ['a file for text', read('[heap]', '-o', 'x'), /-o needs --raw/],
  ])('%s is wrong usage', async (_, words, says) => {
    const { stdout, stderr } = await critExpecting(2, words);
    expect(stdout.length).toBe(0);
    expect(stderr).toMatch(says);
  });
});

describe('why', () => {
  test('tells mapping, place in the image and who points there', async () => {
    const { stdout } = await critExpecting(0, ['why', IMAGE, '[heap]', '--pid', '1', '--json', '--limit', '2']);
    const why = JSON.parse(stdout.toString()) as { byteOffset: number; places: Record<string, { count: number }> };
    expect(why).toMatchObject({
      label: '[heap]',
      pids: [1],
      area: { start: '0x606000', end: '0x640000', perms: 'rw-p', kind: 'heap', index: 1, pages: 58 },
      state: 'held',
    });
    expect(goldenBytes(NAME).subarray(why.byteOffset, why.byteOffset + 4)).toEqual(Uint8Array.of(0, 0x60, 0x60, 0));
    const bytes = await heap();
    let pointers = 0;
    for (let at = 0; at < bytes.length; at += 8) if (bytes.readBigUInt64LE(at) === 0x606000n) pointers++;
    expect(why.places['pointers']?.count).toBeGreaterThanOrEqual(pointers);
    expect(pointers).toBeGreaterThan(0);
  });

  test.each([
    ['[heap]+0x1000', /page +not in the image: it reads as zeros/],
    ['counter+0x10', /page +not in the image: it reads as \/usr\/local\/bin\/counter does at 0x10/],
    ['0x500000', /mapping +none\nbelow it +00400000-00404000 .*\nabove it +00606000-00640000/],
  ])('says of %s why its contents are not there', async (address, says) => {
    const { stdout } = await critExpecting(0, ['why', IMAGE, address, '--pid', '1', '--no-scan']);
    expect(stdout.toString()).toMatch(says);
    expect(stdout.toString()).not.toContain('looked at');
  });
});

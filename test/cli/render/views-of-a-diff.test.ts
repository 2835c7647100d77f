import { expect, test } from 'vitest';
import { changedBytesLines } from '../../../src/cli/render/changed-bytes.js';
import { diffStatLines } from '../../../src/cli/render/diff-stat.js';
import { diffLines } from '../../../src/cli/render/diff.js';
import { PLAIN } from '../../../src/cli/render/palette.js';
import { VM_FLAGS } from '../../../src/format/model/vm-flags.js';
import type { Image } from '../../../src/format/model/image.js';
import { changedBytes } from '../../../src/inspect/changed-bytes.js';
import { diffImages } from '../../../src/inspect/diff.js';
import { imageOf, openFile, page, sampleImage, thread } from '../../inspect/sample-image.js';

function pages(...fills: readonly (number | undefined)[]): { index: number; bytes: Uint8Array }[] {
  return fills.flatMap((fill, index) => (fill === undefined ? [] : [{ index, bytes: page(fill) }]));
}

function before(): Image {
  const vmas = [
    { startVpn: 0x700, nrPages: 4, kind: 'heap' as const, pages: pages(1, 1, 1) },
    { startVpn: 0x800, nrPages: 2, pages: pages(9) },
    { startVpn: 0x900, nrPages: 3, kind: 'file' as const, name: '/lib/a.so', pages: pages(1) },
  ];
  return sampleImage({ tasks: [{ vmas, overrides: { files: [openFile(0, '/a'), openFile(3, '/b\n')] } }] });
}

function after(): Image {
  const vmas = [
    { startVpn: 0x700, nrPages: 20, kind: 'heap' as const, pages: pages(1, 2, 2, undefined, 3) },
    { startVpn: 0x900, nrPages: 3, kind: 'file' as const, name: '/lib/a.so', flags: VM_FLAGS.READ, pages: pages(1) },
  ];
  const files = [openFile(0, '/a', { f_pos: 5n }), openFile(4, '/c')];
  return sampleImage({ tasks: [{ vmas, overrides: { ppid: 2, files, threads: [thread({ state: 4 })] } }] });
}

test('diff: what differs, then the totals', async () => {
  expect([...diffLines(await diffImages(before(), after()), PLAIN)]).toEqual([
    '--- sample.img',
    '+++ sample.img',
    'task 7 "sample"',
    '  ~ ppid  1 -> 2',
    '  ~ thread 7 "sample"',
    '    ~ state  sleeping -> stopped',
    '  ~ fd 0 regular /a',
    '    ~ f_pos  0 -> 5',
    '  - fd 3 regular /b\\n',
    '  + fd 4 regular /c',
    '  ~ 00700000-00714000 rw-p heap  +1 -0 ~2 =1 pages  [heap]  (grown from 00700000-00704000)',
    '  - 00800000-00802000 rw-p anon  +0 -1 ~0 =0 pages',
    '  ~ 00900000-00903000 r--p file  +0 -0 ~0 =1 pages  /lib/a.so  (was rw-p)',
    'totals',
    '  fields    1 changed',
    '  threads   1 changed',
    '  files     1 added, 1 removed, 1 changed',
    '  mappings  1 removed, 1 grown, 1 reprotected',
    '  pages     +1 -1 ~2 =2  (+ added  - removed  ~ changed  = same; 16.0 KiB differ)',
  ]);
});

test('--pages lists the runs that differ under each mapping', async () => {
  const lines = [...diffLines(await diffImages(before(), after()), PLAIN, { withPages: true })];
  expect(lines.slice(10, 15)).toEqual([
    '  ~ 00700000-00714000 rw-p heap  +1 -0 ~2 =1 pages  [heap]  (grown from 00700000-00704000)',
    '      ~ 00701000-00703000  2 pages changed',
    '      + 00704000-00705000  1 page added',
    '  - 00800000-00802000 rw-p anon  +0 -1 ~0 =0 pages',
    '      - 00800000-00801000  1 page removed',
  ]);
});

test('images that do not differ say so', async () => {
  expect([...diffStatLines(await diffImages(before(), before()), PLAIN)]).toEqual([
    'sample.img and sample.img do not differ',
    'pages  +0 -0 ~0 =5  (+ added  - removed  ~ changed  = same; 0 B differ)',
  ]);
});

test.each([
  ['moved', { startVpn: 0x10, nrPages: 2 }, { startVpn: 0x20, nrPages: 2 }, 'moved from 00010000-00012000'],
  [
    'both bounds',
    { startVpn: 0x10, nrPages: 8 },
    { startVpn: 0x14, nrPages: 8 },
    'grown and shrunk from 00010000-00018000',
  ],
  ['flags alone', { startVpn: 1, nrPages: 1 }, { startVpn: 1, nrPages: 1, flags: 0x1003n }, 'flags 0x3 -> 0x1003'],
  ['kind', { startVpn: 1, nrPages: 1 }, { startVpn: 1, nrPages: 1, kind: 'heap' as const }, 'was anon memory'],
])('a changed mapping says from what: %s', async (_, a, b, text) => {
  const lines = [...diffLines(await diffImages(imageOf([a]), imageOf([b])), PLAIN)];
  expect(lines.find((line) => line.includes('pages'))).toContain(`(${text})`);
});

test('changed bytes are shown as hexdump rows, before and after', async () => {
  const bytes = page(0x41);
  bytes.set([0x1b, 0x00, 0x7a], 0x3e);
  const vma = { startVpn: 0x700, nrPages: 1 };
  const a = imageOf([{ ...vma, pages: pages(0x41) }]);
  const b = imageOf([{ ...vma, pages: [{ index: 0, bytes }] }]);
  const lines: string[] = [];
  for await (const changed of changedBytes(a, b, await diffImages(a, b)))
    lines.push(...changedBytesLines(changed, PLAIN));
  expect(lines).toEqual([
    `00700030 - ${' '.repeat(42)}41 41  |${' '.repeat(14)}AA|`,
    `         + ${' '.repeat(42)}1b 00  |${' '.repeat(14)}..|`,
    `00700040 - 41${' '.repeat(45)}  |A${' '.repeat(15)}|`,
    `         + 7a${' '.repeat(45)}  |z${' '.repeat(15)}|`,
  ]);
});

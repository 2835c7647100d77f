import { expect, test } from 'vitest';
import { infoLines } from '../../../src/cli/render/info.js';
import { PLAIN } from '../../../src/cli/render/palette.js';
import { showLines } from '../../../src/cli/render/show.js';
import { sizeText } from '../../../src/cli/render/amount.js';
import { VM_FLAGS } from '../../../src/format/model/vm-flags.js';
import type { Image } from '../../../src/format/model/image.js';
import { describeImage } from '../../../src/inspect/describe.js';
import { totalsOf } from '../../../src/inspect/totals.js';
import { openFile, page, sampleImage, thread } from '../../inspect/sample-image.js';

const { READ, EXEC } = VM_FLAGS;

function counter(): Image {
  const pages = Array.from({ length: 12 }, (_, index) => ({ index: index * 2, bytes: page(1) }));
  const file = openFile(0, '/dev/null');
  return sampleImage({
    tasks: [
      {
        vmas: [
          { startVpn: 0x400, nrPages: 4, kind: 'file', name: '/usr/local/bin/counter', flags: READ | EXEC },
          { startVpn: 0x700, nrPages: 0x21, kind: 'heap', pages },
          { startVpn: 0x7ffe_0000_0, nrPages: 2, kind: 'anon' },
          { startVpn: 0xf_ffff_ffff_f600, nrPages: 1, kind: 'vsyscall', flags: EXEC },
        ],
        overrides: {
          threads: [thread({ comm: 'a\tb', registers: { ip: 0x400d17n, sp: 0x7ffe00000c70n } })],
          files: [file, { ...file, fd: 12, isCloseOnExec: true }],
        },
      },
    ],
  });
}

test('show: the image as a tree, text from the image escaped', () => {
  expect([...showLines(describeImage(counter()), PLAIN)]).toEqual([
    'sample.img  cr v11 (v10-v13), 64-bit, 48.0 KiB',
    '  kernel 2.6.28-cr x86_64, taken 2009-01-05 09:00:00 UTC',
    '  known by rev 3',
    'task 7 "a\\tb"  sleeping, parent 1, 1 thread, 2 files',
    '  memory: 4 mappings, 160.0 KiB mapped, 12 pages (48.0 KiB) dumped',
    '    000000400000-000000404000 r-xp file       0    16.0 KiB  /usr/local/bin/counter',
    '    000000700000-000000721000 rw-p heap      12   132.0 KiB  [heap]',
    '    7ffe00000000-7ffe00002000 rw-p anon       0     8.0 KiB',
    '    ffffffffff600000-ffffffffff601000 --xp vsyscall   0     4.0 KiB  [vsyscall]',
    '    vsyscall: no contents (the kernel has one for all processes, at one address)',
    '    code 000000400000-000000401000, data 000000600000-000000601000, heap 000000700000-000000721000',
    '    stack 7ffe00001000, arguments 7ffe00001100-7ffe00001110, environment 7ffe00001110-7ffe00001ff0',
    '  1 thread',
    '    7  sleeping  ip 0x400d17  sp 0x7ffe00000c70  (2 registers)  "a\\tb"',
    '  2 files',
    '     0  regular  RDWR                at 0  /dev/null',
    '    12  regular  RDWR close-on-exec  at 0  /dev/null  same as 0',
  ]);
});

test('info: totals on one screen', () => {
  expect([...infoLines(totalsOf(counter()), PLAIN)]).toEqual([
    'sample.img  cr v11 (v10-v13), 64-bit, 48.0 KiB',
    '  kernel 2.6.28-cr x86_64, taken 2009-01-05 09:00:00 UTC',
    '  known by rev 3',
    '1 task, 1 thread, 2 descriptors of 1 open file',
    '4 mappings, 160.0 KiB mapped, 12 pages (48.0 KiB) dumped in 12 runs',
    '  kind      mappings     mapped  pages    dumped',
    '  heap             1  132.0 KiB     12  48.0 KiB',
    '  file             1   16.0 KiB      0       0 B',
    '  anon             1    8.0 KiB      0       0 B',
    '  vsyscall         1    4.0 KiB      0       0 B',
    'largest mappings',
    '  000000700000-000000721000          heap      132.0 KiB  12 pages  [heap]',
    '  000000400000-000000404000          file       16.0 KiB   0 pages  /usr/local/bin/counter',
    '  7ffe00000000-7ffe00002000          anon        8.0 KiB   0 pages',
    '  ffffffffff600000-ffffffffff601000  vsyscall    4.0 KiB   0 pages  [vsyscall]',
  ]);
});

test('notes, an unknown time and a process without a size are told', () => {
  const image = counter();
  const at = { offset: 0x1f0, path: 'task[0].mm.vma[3]' };
  const odd: Image = {
    ...image,
    name: 'pid:7',
    format: { family: 'process', revision: 'live', covers: 'live', wordBytes: 8, decidedBy: [] },
    header: { ...image.header, timeSeconds: 2n ** 63n },
    notes: [{ code: 'CUMULATIVE_COUNT', message: 'counts add up\x1b', at }],
  };
  const lines = [...showLines(describeImage(odd), PLAIN)];
  expect(lines.slice(0, 2)).toEqual([
    'pid:7  live process, 64-bit',
    '  kernel 2.6.28-cr x86_64, taken 9223372036854775808 s after the epoch',
  ]);
  expect(lines.slice(-2)).toEqual(['1 note', '  counts add up\\x1b  [CUMULATIVE_COUNT at 0x1f0, task[0].mm.vma[3]]']);
});

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [56_320, '55.0 KiB'],
  [1024 ** 2 - 1, '1.0 MiB'],
  [1.5 * 1024 ** 3, '1.5 GiB'],
  [2 ** 47, '128.0 TiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(sizeText(bytes)).toBe(text);
});

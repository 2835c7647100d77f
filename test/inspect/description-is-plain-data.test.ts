import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeDescriptor } from '../../src/format/model/descriptor.js';
import { describeImage } from '../../src/inspect/describe.js';
import { totalsOf } from '../../src/inspect/totals.js';
import { anySpace, seeded } from './arbitrary-space.js';
import { READ_WRITE, imageOf, openFile, page, sampleImage, thread } from './sample-image.js';

const SEGMENT = {
  base: 0x5512_1000,
  limit: 0xfff,
  type: 2,
  isCodeOrData: true,
  dpl: 3,
  isPresent: true,
  isAvailable: false,
  isLong: false,
  is32Bit: true,
  isPageGranular: true,
};

test('a mapping is told with addresses in hex, flags by name, and runs only when asked for', () => {
  const pages = [0, 1, 5].map((index) => ({ index, bytes: page(1) }));
  const vma = { startVpn: 0x700, nrPages: 8, kind: 'heap' as const, flags: READ_WRITE | (1n << 40n), pages };
  const expected = {
    start: '0x700000',
    end: '0x708000',
    perms: 'rw-p',
    kind: 'heap',
    kindName: null,
    contents: 'existing',
    reason: 'memory that nothing else holds',
    absent: 'zero',
    leftOut: null,
    uncaptured: null,
    flags: '0x10000000003',
    flagNames: ['READ', 'WRITE', '0x10000000000'],
    prot: '0x25',
    pgoff: 0,
    name: '[heap]',
    sizeBytes: 0x8000,
    pagesDumped: 3,
    sharedMemory: null,
    fileBytes: null,
    hugetlbShift: null,
  };
  const image = imageOf([vma]);
  expect(describeImage(image).tasks[0]?.mm?.vmas).toEqual([expected]);
  const runs = [
    { start: '0x700000', end: '0x702000', pages: 2, offset: 0 },
    { start: '0x705000', end: '0x706000', pages: 1, offset: 0x2000 },
  ];
  expect(describeImage(image, { withRuns: true }).tasks[0]?.mm?.vmas).toEqual([{ ...expected, runs }]);
});

test('threads have known registers in hex and decoded descriptors', () => {
  const tls = new Uint8Array(24);
  tls.set(encodeDescriptor(SEGMENT), 8);
  const image = sampleImage({
    tasks: [{ overrides: { threads: [thread({ registers: { ip: 0x400d17n, ax: 2n ** 64n - 1n }, tls, state: 4 })] } }],
  });
  expect(describeImage(image).tasks[0]?.threads).toEqual([
    {
      tid: 7,
      comm: 'sample',
      state: 'stopped',
      registers: { ip: '0x400d17', ax: '0xffffffffffffffff' },
      tls: [{ ...SEGMENT, index: 1, base: '0x55121000', limit: '0xfff' }],
      xstate: null,
      kernel: null,
    },
  ]);
});

test('descriptors of one open file name the lowest of them', () => {
  const first = openFile(0, '/dev/null', { f_flags: 0o102001, f_pos: 2n ** 53n + 1n });
  const files = [first, { ...first, fd: 3, isCloseOnExec: true }, openFile(4, '/dev/null')];
  const image = sampleImage({ tasks: [{ overrides: { files } }] });
  expect(describeImage(image).tasks[0]?.files[0]).toEqual({
    fd: 0,
    type: 'regular',
    name: '/dev/null',
    isCloseOnExec: false,
    mode: '0x3',
    flags: '0x8401',
    flagNames: ['WRONLY', 'APPEND', 'LARGEFILE'],
    pos: '9007199254740993',
    version: 0,
    id: null,
    kernel: null,
    sharedWith: null,
  });
  expect(describeImage(image).tasks[0]?.files.map(({ sharedWith }) => sharedWith)).toEqual([null, 0, null]);
  expect(totalsOf(image)).toMatchObject({ fileDescriptors: 3, openFiles: 2 });
});

test('every description survives JSON', () => {
  fc.assert(
    fc.property(anySpace, (space) => {
      const image = imageOf(space);
      for (const data of [describeImage(image, { withRuns: true }), totalsOf(image)]) {
        expect(JSON.parse(JSON.stringify(data))).toEqual(data);
      }
    }),
    seeded(100),
  );
});

test('totals are the sums of what is described', () => {
  fc.assert(
    fc.property(anySpace, (space) => {
      const image = imageOf(space);
      const totals = totalsOf(image);
      const vmas = describeImage(image, { withRuns: true }).tasks.flatMap(({ mm }) => mm?.vmas ?? []);
      const runs = vmas.flatMap((vma) => vma.runs ?? []);
      const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
      expect(totals).toMatchObject({
        vmas: vmas.length,
        reservedBytes: sum(vmas.map((vma) => vma.sizeBytes)),
        pagesDumped: sum(runs.map((run) => run.pages)),
        runs: runs.length,
      });
      expect(sum(totals.byKind.map((each) => each.vmas))).toBe(vmas.length);
      expect(sum(totals.byKind.map((each) => each.bytes))).toBe(totals.reservedBytes);
      expect(sum(totals.byKind.map((each) => each.pagesDumped))).toBe(totals.pagesDumped);
      const bySize = vmas.map((vma) => vma.sizeBytes).sort((a, b) => b - a);
      expect(totals.largestVmas.map((vma) => vma.sizeBytes)).toEqual(bySize.slice(0, 5));
    }),
    seeded(100),
  );
});

test('an address space that two tasks share counts once', () => {
  const image = imageOf([{ startVpn: 1, nrPages: 2, pages: [{ index: 0, bytes: page(1) }] }]);
  const [task] = image.tasks;
  const totals = totalsOf({ ...image, tasks: task === undefined ? [] : [task, { ...task, pid: 8 }] });
  expect(totals).toMatchObject({ tasks: 2, vmas: 1, reservedBytes: 8192, pagesDumped: 1, dumpedBytes: 4096, runs: 1 });
});

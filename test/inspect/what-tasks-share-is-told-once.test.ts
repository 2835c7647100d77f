import { expect, test } from 'vitest';
import { infoLines } from '../../src/cli/render/info.js';
import { PLAIN } from '../../src/cli/render/palette.js';
import { showLines } from '../../src/cli/render/show.js';
import { describeImage } from '../../src/inspect/describe.js';
import { totalsOf } from '../../src/inspect/totals.js';
import { familyImage, kernelState, record } from './family-image.js';

test('memory and files of an earlier task are named by its pid', () => {
  const tasks = describeImage(familyImage()).tasks;
  expect(tasks.map(({ mmSharedWith, filesSharedWith }) => [mmSharedWith, filesSharedWith])).toEqual([
    [null, null],
    [10, 10],
    [null, null],
    [null, null],
    [null, null],
  ]);
  expect(tasks.map(({ mm, files }) => [mm?.vmas.length, files.length])).toEqual([
    [2, 2],
    [undefined, 0],
    [1, 0],
    [undefined, 0],
    [0, 0],
  ]);
});

test('a zombie says so, and process groups and sessions are there where the format has them', () => {
  const [init, , , gone] = describeImage(familyImage()).tasks;
  expect(gone).toMatchObject({ state: 'zombie', mm: null, exitCode: 256 });
  expect(init).toMatchObject({ state: 'sleeping', pgid: 10, sid: 10 });
  const without = familyImage({ changeTasks: (all) => all.map((task) => ({ ...task, pgid: undefined })) });
  expect(describeImage(without).tasks[0]).toMatchObject({ pgid: null, sid: 10 });
});

test('a shared memory stands once, with its users, and mappings name it', () => {
  const image = describeImage(familyImage());
  expect(image.sharedMemory).toEqual([
    {
      index: 0,
      id: 21,
      sizeBytes: 0x4000,
      pagesDumped: 3,
      users: [
        { pid: 10, start: '0x700000', end: '0x704000' },
        { pid: 12, start: '0x900000', end: '0x902000' },
      ],
    },
    { index: 1, id: 22, sizeBytes: 0x1000, pagesDumped: 1, users: [] },
  ]);
  expect(image.tasks[0]?.mm?.vmas.map(({ sharedMemory }) => sharedMemory)).toEqual([0, null]);
  expect(image.tasks[2]?.mm?.vmas.map(({ sharedMemory, pagesDumped }) => [sharedMemory, pagesDumped])).toEqual([
    [0, 2],
  ]);
  expect(image.tasks[0]?.threads[0]?.kernel?.sections.ns?.[1]).toEqual({ kind: 'memory', sharedMemory: 1 });
});

test('the program, the auxiliary vector and the flags of memory are told', () => {
  expect(describeImage(familyImage()).tasks[0]?.mm).toMatchObject({
    id: 9,
    exe: { name: '/bin/init', id: 30 },
    auxv: [
      { type: 'AT_PHDR', value: '0x400040' },
      { type: 'AT_PAGESZ', value: '0x1000' },
      { type: '1000', value: '0x7' },
    ],
    vdso: '0x7fff0000',
    defFlags: '0x0',
    flags: '0xcd',
  });
});

test('kernel state is plain data: bytes in hex, large integers as text', () => {
  const signal = record('SIGPENDING', {
    fields: { count: 1, mask: 2n ** 63n, raw: Uint8Array.of(1, 255) },
    elements: [{ si_signo: 9 }],
    payload: Uint8Array.of(0xab),
  });
  const image = describeImage(familyImage({ kernel: kernelState([signal]) }));
  expect(image.tasks[0]?.threads[0]?.kernel).toMatchObject({
    nestedPids: [5],
    sections: {
      creds: [{ kind: 'object', object: 'CRED', id: 3 }, { name: 'CRED' }],
      pending: [
        {
          kind: 'record',
          name: 'SIGPENDING',
          fields: { count: 1, mask: '9223372036854775808', raw: '01ff' },
          elements: [{ si_signo: 9 }],
          payload: 'ab',
        },
      ],
    },
  });
  expect(JSON.parse(JSON.stringify(image))).toEqual(image);
});

test('totals count what is shared once, pages that nobody maps too', () => {
  const totals = totalsOf(familyImage());
  expect(totals).toMatchObject({
    tasks: 5,
    zombies: 1,
    vmas: 3,
    pagesDumped: 5,
    dumpedBytes: 5 * 4096,
    fileDescriptors: 2,
    openFiles: 2,
    sharedMemory: 2,
    kernelRecords: 2,
  });
  expect(totals.byKind.map(({ kind, vmas, pagesDumped }) => [kind, vmas, pagesDumped])).toEqual([
    ['shared-anon', 2, 3],
    ['anon', 1, 1],
    ['sysv', 0, 1],
  ]);
});

test('show: the tree, then each task without what was told before', () => {
  const lines = [...showLines(describeImage(familyImage()), PLAIN)].slice(3);
  expect(lines).toEqual([
    '5 tasks',
    '  10 "init"  sleeping',
    '    11 "worker"  sleeping',
    '    12 "other"  sleeping',
    '      14 "leaf"  sleeping',
    '    13 "gone"  zombie',
    'task 10 "init"  sleeping, parent 1, process group 10, session 10, 1 thread, 2 files',
    '  memory: 2 mappings, 20.0 KiB mapped, 4 pages (16.0 KiB) dumped',
    '    00700000-00704000 rw-p shared-anon  3    16.0 KiB  /dev/zero (deleted)  (shared memory 0)',
    '    00800000-00801000 rw-p anon         1     4.0 KiB',
    '    code 00400000-00401000, data 00600000-00601000, heap 00700000-00721000',
    '    stack 7ffe00001000, arguments 7ffe00001100-7ffe00001110, environment 7ffe00001110-7ffe00001ff0',
    '    program /bin/init, vdso 0x7fff0000, auxv of 3, def_flags 0x0, flags 0xcd',
    '    AT_PHDR 0x400040, AT_PAGESZ 0x1000, 1000 0x7',
    '  1 thread',
    '    10  sleeping  no registers  (0 registers)  "init"',
    '      kernel state: nested pids 5, creds 1 record, ns 1 record',
    '  2 files',
    '    0  regular  RDWR  at 0  /dev/null',
    '    1  pipe     RDWR  at 0  pipe:[7]',
    'task 11 "worker"  sleeping, parent 10, process group 10, session 10, 1 thread',
    '  memory shared with task 10',
    '  1 thread',
    '    11  sleeping  no registers  (0 registers)  "worker"',
    '  files shared with task 10',
    'task 12 "other"  sleeping, parent 10, process group 10, session 10, 1 thread, 0 files',
    '  memory: 1 mapping, 8.0 KiB mapped, 2 pages (8.0 KiB) dumped',
    '    00900000-00902000 rw-p shared-anon  2     8.0 KiB  /dev/zero (deleted)  (shared memory 0)',
    '    code 00400000-00401000, data 00600000-00601000, heap 00700000-00721000',
    '    stack 7ffe00001000, arguments 7ffe00001100-7ffe00001110, environment 7ffe00001110-7ffe00001ff0',
    '  1 thread',
    '    12  sleeping  no registers  (0 registers)  "other"',
    'task 13 "gone"  zombie, parent 10, process group 10, session 10, exit code 256',
    'task 14 "leaf"  sleeping, parent 12, process group 10, session 10, 1 thread, 0 files',
    '  memory: 0 mappings, 0 B mapped, 0 pages (0 B) dumped',
    '    code 00400000-00401000, data 00600000-00601000, heap 00700000-00721000',
    '    stack 7ffe00001000, arguments 7ffe00001100-7ffe00001110, environment 7ffe00001110-7ffe00001ff0',
    '  1 thread',
    '    14  sleeping  no registers  (0 registers)  "leaf"',
    'shared memory 0  16.0 KiB, object 21, 3 pages (12.0 KiB) dumped, 2 mappings',
    '  task 10  00700000-00704000',
    '  task 12  00900000-00902000',
    'shared memory 1  4.0 KiB, object 22, 1 page (4.0 KiB) dumped, 0 mappings',
  ]);
});

test("show: tasks that are each other's parents are shown all the same, once", () => {
  const circle = familyImage({
    changeTasks: (all) => all.map((task) => ({ ...task, ppid: task.pid === 10 ? 14 : task.ppid })),
  });
  const lines = [...showLines(describeImage(circle), PLAIN)].slice(3);
  expect(lines.slice(0, 6).map((line) => line.trim().split(' ')[0])).toEqual(['5', '10', '11', '12', '14', '13']);
});

test('info: zombies, shared memory and kernel records are counted where there are any', () => {
  const lines = [...infoLines(totalsOf(familyImage()), PLAIN)];
  expect(lines).toContain('5 tasks (1 zombie), 5 threads, 2 descriptors of 2 open files');
  expect(lines).toContain('2 shared memory objects, counted once, 2 kernel records');
});

import { expect, test } from 'vitest';
import type { Task, Thread } from '../../src/format/model/image.js';
import { describeDiff } from '../../src/inspect/describe-diff.js';
import type { ImageDiffDescription } from '../../src/inspect/describe-diff.js';
import { diffImages } from '../../src/inspect/diff.js';
import { openFile, sampleImage, thread } from './sample-image.js';
import type { SampleOptions } from './sample-image.js';

async function describe(before: SampleOptions, after: SampleOptions): Promise<ImageDiffDescription> {
  return describeDiff(await diffImages(sampleImage(before), sampleImage(after)));
}

function task(overrides: Partial<Task>): SampleOptions {
  return { tasks: [{ overrides }] };
}

function threads(before: Partial<Thread>, after: Partial<Thread>): [SampleOptions, SampleOptions] {
  return [task({ threads: [thread(before)] }), task({ threads: [thread(after)] })];
}

test('the time of taking is listed and is no difference', async () => {
  const diff = await describe({}, { header: { timeSeconds: 1n } });
  expect(diff.header).toEqual([{ name: 'timeSeconds', before: 1231146000, after: 1 }]);
  expect(diff.isDifferent).toBe(false);
});

test('any other field of the header is one', async () => {
  const diff = await describe({}, { header: { kernel: { major: 2, minor: 6, patch: 29 } } });
  expect(diff.header).toEqual([{ name: 'kernel', before: '2.6.28', after: '2.6.29' }]);
  expect(diff.isDifferent).toBe(true);
});

test('fields of a task are listed by name', async () => {
  const diff = await describe(task({}), task({ ppid: 2, exitCode: 9 }));
  expect(diff.tasks[0]?.fields).toEqual([
    { name: 'ppid', before: 1, after: 2 },
    { name: 'exitCode', before: 0, after: 9 },
  ]);
  expect(diff.isDifferent).toBe(true);
});

test('the only tasks are a pair whatever their pids, and so are their first threads', async () => {
  const diff = await describe(task({}), task({ pid: 8, threads: [thread({ tid: 8, comm: 'other' })] }));
  expect(diff.tasks).toHaveLength(1);
  expect(diff.tasks[0]?.fields).toEqual([{ name: 'pid', before: 7, after: 8 }]);
  expect(diff.tasks[0]?.threads).toEqual([
    {
      presence: 'both',
      tid: 8,
      comm: 'other',
      fields: [
        { name: 'tid', before: 7, after: 8 },
        { name: 'comm', before: 'sample', after: 'other' },
      ],
    },
  ]);
});

test('of several tasks each is found by pid, else by name, else stands alone', async () => {
  const named = (pid: number, comm: string): Partial<Task> => ({ pid, threads: [thread({ tid: pid, comm })] });
  const tasks = (...all: Partial<Task>[]): SampleOptions => ({ tasks: all.map((overrides) => ({ overrides })) });
  const diff = await describe(
    tasks(named(1, 'init'), named(2, 'worker'), named(3, 'gone')),
    tasks(named(9, 'worker'), named(8, 'new'), named(1, 'renamed')),
  );
  expect(diff.tasks.map(({ before, after }) => [before?.pid, after?.pid])).toEqual([
    [1, 1],
    [2, 9],
    [3, undefined],
    [undefined, 8],
  ]);
});

test('registers that both images know are compared', async () => {
  const diff = await describe(...threads({ registers: { ip: 1n, sp: 2n, ax: 5n } }, { registers: { ip: 1n, sp: 3n } }));
  expect(diff.tasks[0]?.threads[0]?.fields).toEqual([{ name: 'sp', before: '0x2', after: '0x3' }]);
});

test('a TLS entry of zeros is none', async () => {
  const tls = new Uint8Array(24);
  expect((await describe(...threads({ tls }, {}))).isDifferent).toBe(false);
  tls[8] = 0xab;
  const diff = await describe(...threads({ tls }, {}));
  expect(diff.tasks[0]?.threads[0]?.fields).toEqual([{ name: 'tls[1]', before: 'ab00000000000000', after: null }]);
});

test('an FPU state that is known on both sides is compared', async () => {
  const xstate = new Uint8Array(64);
  const other = xstate.slice();
  other[0x25] = 0xff;
  expect((await describe(...threads({ xstate }, {}))).isDifferent).toBe(false);
  const [field] = (await describe(...threads({ xstate }, { xstate: other }))).tasks[0]?.threads[0]?.fields ?? [];
  expect(field).toMatchObject({ name: 'xstate[0x20]', after: '0000000000ff00000000000000000000' });
});

test('threads are added and removed by tid', async () => {
  const leader = thread({});
  const [a, b] = [thread({ tid: 10 }), thread({ tid: 11 })];
  const diff = await describe(task({ threads: [leader, a] }), task({ threads: [leader, b] }));
  expect(diff.tasks[0]?.threads.map(({ presence, tid }) => [presence, tid])).toEqual([
    ['removed', 10],
    ['added', 11],
  ]);
});

test('files are compared by descriptor', async () => {
  const before = [openFile(0, '/a'), openFile(1, '/b'), openFile(2, '/c')];
  const after = [openFile(1, '/b', { f_pos: 1n << 60n }), openFile(2, '/c'), openFile(3, '/d')];
  const diff = await describe(task({ files: before }), task({ files: after }));
  expect(diff.tasks[0]?.files).toEqual([
    { presence: 'both', fd: 1, name: '/b', fields: [{ name: 'f_pos', before: 0, after: '1152921504606846976' }] },
    { presence: 'removed', fd: 0, name: '/a', fields: [] },
    { presence: 'added', fd: 3, name: '/d', fields: [] },
  ]);
});

test.each([
  ['pipe', 'other', false],
  ['other', 'tty', false],
  ['other', 'other', false],
  ['regular', 'other', true],
  ['other', 'symlink', true],
  ['pipe', 'socket', true],
  ['pipe', 'regular', true],
] as const)('a %s that was %s differs: %s', async (before, after, isDifferent) => {
  const [a, b] = [before, after].map((type) => task({ files: [openFile(3, 'x', { type })] }));
  expect((await describe(a ?? {}, b ?? {})).isDifferent).toBe(isDifferent);
});

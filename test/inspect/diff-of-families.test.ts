import { expect, test } from 'vitest';
import { diffLines } from '../../src/cli/render/diff.js';
import { PLAIN } from '../../src/cli/render/palette.js';
import type { Image, Task } from '../../src/format/model/image.js';
import { describeDiff, type ImageDiffDescription } from '../../src/inspect/describe-diff.js';
import { diffImages } from '../../src/inspect/diff.js';
import type { FieldChange } from '../../src/inspect/field-change.js';
import { familyImage, kernelState, record, type FamilyOptions } from './family-image.js';

async function describe(before: Image, after: Image): Promise<ImageDiffDescription> {
  return describeDiff(await diffImages(before, after));
}

function changed(options: FamilyOptions): Promise<ImageDiffDescription> {
  return describe(familyImage(), familyImage(options));
}

function changeTask(pid: number, changes: Partial<Task>): FamilyOptions {
  return { changeTasks: (all) => all.map((task) => (task.pid === pid ? { ...task, ...changes } : task)) };
}

async function kernelChanges(before: FamilyOptions, after: FamilyOptions): Promise<readonly FieldChange[]> {
  const diff = await describe(familyImage(before), familyImage(after));
  return diff.tasks.flatMap(({ threads }) => threads.flatMap(({ fields }) => fields));
}

test('a family does not differ from itself, however its objects are numbered', async () => {
  const diff = await changed({ shiftIds: 100 });
  expect(diff.isDifferent).toBe(false);
  expect(diff.pages).toEqual({ same: 4, changed: 0, added: 0, removed: 0 });
});

test('a page that two tasks show counts twice for them and once for the image', async () => {
  const diff = await changed({ fills: [1, 9, 3, 4, 5] });
  expect(diff.tasks.map(({ pages }) => [pages.changed, pages.same])).toEqual([
    [1, 3],
    [0, 0],
    [1, 1],
    [0, 0],
    [0, 0],
  ]);
  expect(diff.pages).toEqual({ same: 3, changed: 1, added: 0, removed: 0 });
  expect(diff.isDifferent).toBe(true);
});

test('a page that is still shown elsewhere is not removed from the image', async () => {
  const diff = await changed({ changeTasks: (all) => all.filter(({ pid }) => pid !== 12) });
  expect(diff.tasks.find(({ before }) => before?.pid === 12)?.pages).toMatchObject({ removed: 2 });
  expect(diff.pages).toEqual({ same: 4, changed: 0, added: 0, removed: 0 });
});

test('what tasks share is compared and told once', async () => {
  const diff = await changed({ fills: [1, 2, 3, 9, 5], program: { brk: 0x722000n } });
  expect(diff.tasks.map(({ mmSharedWith, filesSharedWith }) => [mmSharedWith, filesSharedWith])).toEqual([
    [null, null],
    [10, 10],
    [null, null],
    [null, null],
    [null, null],
  ]);
  expect(diff.tasks[0]?.fields).toEqual([{ name: 'mm.brk', before: '0x721000', after: '0x722000' }]);
  expect(diff.tasks[1]).toMatchObject({ fields: [], vmas: [] });
  const lines = [...diffLines(await diffImages(familyImage(), familyImage({ fills: [1, 2, 3, 9, 5] })), PLAIN)];
  expect(lines.filter((line) => line.startsWith('task'))).toEqual(['task 10 "init"']);
});

test('memory that is shared no longer is compared by itself', async () => {
  const [, worker] = familyImage().tasks;
  const mm = worker?.mm && { ...worker.mm, brk: 1n };
  const diff = await changed(changeTask(11, { mm }));
  expect(diff.tasks[1]).toMatchObject({ mmSharedWith: null, fields: [{ name: 'mm.brk' }] });
});

test('tasks of another run are found by their place in the tree', async () => {
  const diff = await changed({
    shiftPids: 100,
    changeTasks: (all) => all.map((task) => ({ ...task, threads: [{ ...task.threads[0], comm: 'same' }] })),
  });
  expect(diff.tasks.filter(({ before, after }) => before && after)).toHaveLength(0);
  const moved = (pids: number): Image =>
    familyImage({
      shiftPids: pids,
      changeTasks: (all) => {
        const named = all.map((task): Task => {
          const comm = task.threads[0].comm === 'init' ? 'init' : task.ppid === 12 + pids ? 'leaf' : 'same';
          return { ...task, threads: [{ ...task.threads[0], comm }] };
        });
        // the leaf comes first, so that names alone would mix the levels up
        return pids === 0 ? named : [...named.slice(0, 1), ...named.slice(1).toReversed()];
      },
    });
  const pairs = (await describe(moved(0), moved(100))).tasks.map(({ before, after }) => [before?.comm, after?.comm]);
  expect(pairs).toEqual([
    ['init', 'init'],
    ['same', 'same'],
    ['same', 'same'],
    ['same', 'same'],
    ['leaf', 'leaf'],
  ]);
});

test('what one format cannot tell is no difference, and what both can is', async () => {
  const mute = {
    changeTasks: (all: readonly Task[]) => all.map((task) => ({ ...task, pgid: undefined, sid: undefined })),
  };
  const program = { exe: undefined, auxv: undefined, vdso: undefined, def_flags: undefined, flags: undefined };
  expect((await changed({ ...mute, program })).isDifferent).toBe(false);
  const diff = await changed({ ...changeTask(10, { pgid: 1, sid: 2 }), program: { vdso: 0n, auxv: [6n, 1n, 9n, 2n] } });
  expect(diff.tasks[0]?.fields).toEqual([
    { name: 'pgid', before: 10, after: 1 },
    { name: 'sid', before: 10, after: 2 },
    { name: 'mm.vdso', before: '0x7fff0000', after: '0x0' },
    { name: 'mm.auxv.AT_PHDR', before: '0x400040', after: null },
    { name: 'mm.auxv.AT_PAGESZ', before: '0x1000', after: '0x1' },
    { name: 'mm.auxv.1000', before: '0x7', after: null },
    { name: 'mm.auxv.AT_ENTRY', before: null, after: '0x2' },
  ]);
});

test('a task that became a zombie has lost its memory', async () => {
  const diff = await changed(changeTask(14, { mm: undefined }));
  expect(diff.tasks[4]?.fields).toEqual([{ name: 'mm', before: 'present', after: null }]);
});

test('kernel records are compared field by field, but for the numbers of objects', async () => {
  const before = [
    record('SIGNAL', { fields: { uid: 1, f_credref: 4, data: Uint8Array.of(1) }, elements: [{ a: 1 }, { a: 2 }] }),
    record('GONE'),
  ];
  const after = [
    record('SIGNAL', {
      fields: { uid: 2n, f_credref: 5, data: Uint8Array.of(2), added: 7 },
      elements: [{ a: 3 }],
      payload: Uint8Array.of(1, 2),
    }),
  ];
  expect(await kernelChanges({ kernel: kernelState(before) }, { kernel: kernelState(after, [6]) })).toEqual([
    { name: 'kernel.nestedPids', before: '5', after: '6' },
    { name: 'kernel.pending.SIGNAL.uid', before: 1, after: 2 },
    { name: 'kernel.pending.SIGNAL.data', before: '01', after: '02' },
    { name: 'kernel.pending.SIGNAL.payload[0x0]', before: '', after: '0102' },
    { name: 'kernel.pending.SIGNAL[0].a', before: 1, after: 3 },
    { name: 'kernel.pending.SIGNAL[1]', before: 'present', after: null },
    { name: 'kernel.pending.GONE', before: 'present', after: null },
  ]);
});

test('in a section that holds only what is not zero, what is missing is zero', async () => {
  const task = (fields: Record<string, number>): FamilyOptions => ({
    kernel: { nestedPids: [], sections: { task: [record('TASK', { fields })] } },
  });
  expect(await kernelChanges(task({ pdeath_signal: 9 }), task({ flags: 0 }))).toEqual([
    { name: 'kernel.task.TASK.pdeath_signal', before: 9, after: 0 },
  ]);
  const none: FamilyOptions = { kernel: { nestedPids: [], sections: {} } };
  expect(await kernelChanges(none, task({ pdeath_signal: 9 }))).toEqual([
    { name: 'kernel.task.TASK.pdeath_signal', before: 0, after: 9 },
  ]);
});

test('a thread whose kernel state is not known does not differ in it', async () => {
  const [init] = familyImage().tasks;
  if (!init) throw new Error('a family has a first task');
  const threads: Task['threads'] = [{ ...init.threads[0], kernel: undefined }];
  expect((await changed(changeTask(10, { threads }))).isDifferent).toBe(false);
});

import { describe, expect, test } from 'vitest';
import { MemorySource } from '../../../src/format/bytes/memory.js';
import { readImage } from '../../../src/format/registry.js';
import { goldenBytes } from '../../support/golden.js';

describe('what tasks share is one object', () => {
  test('file tables, open files, the program and shared memory', async () => {
    const { tasks } = await readImage(new MemorySource(goldenBytes('H3-tree-x86_64')));
    const [first, second, third] = tasks;
    expect(second?.files).toBe(first?.files);
    expect(third?.files).toBe(first?.files);
    expect(first?.files[1]?.file).toBe(first?.files[0]?.file);
    expect(second?.mm?.exe).toBe(first?.mm?.exe);
    const shared = tasks.map(({ mm }) => mm?.vmas.find(({ kind }) => kind === 'shared-anon')?.shared);
    expect(shared[0]?.pages.totalPages).toBe(3);
    expect([shared[1], shared[2]]).toEqual([shared[0], shared[0]]);
    expect(shared[1]).toBe(shared[0]);
  });

  test('pids in nested namespaces are those of each task', async () => {
    const { tasks } = await readImage(new MemorySource(goldenBytes('H3-tree-x86_64')));
    expect(tasks.map(({ threads }) => threads[0].kernel?.nestedPids)).toEqual([[], [5], [6, 7]]);
    expect(tasks.map(({ ppid }) => ppid)).toEqual([0, 1, 20]);
  });

  test('a SysV segment is where its namespace and its mapping show it', async () => {
    const { tasks } = await readImage(new MemorySource(goldenBytes('J3-single-x86_64')));
    const vma = tasks[0]?.mm?.vmas.find(({ kind }) => kind === 'sysv');
    const items = tasks[0]?.threads[0].kernel?.sections.ns ?? [];
    const [segment] = items.flatMap((item) => (item.kind === 'memory' ? [item.memory] : []));
    expect(segment).toBe(vma?.shared);
    expect(vma?.pages.totalPages).toBe(2);
  });

  test('what says nothing of a task is left out, and the rest is there', async () => {
    const { tasks } = await readImage(new MemorySource(goldenBytes('J3-single-x86_64')));
    const sections = tasks[0]?.threads[0].kernel?.sections ?? {};
    expect(Object.keys(sections).sort()).toEqual(
      ['creds', 'fs', 'ns', 'objs', 'pending', 'restart_block', 'sighand', 'signal', 'task', 'thread'].sort(),
    );
    const [task] = sections.task ?? [];
    expect(task).toMatchObject({ kind: 'record', name: 'TASK', fields: { flags: 3, pdeath_signal: 9 } });
    expect(sections.fs?.[0]).toEqual({ kind: 'object', object: 'FS', id: 27 });
    expect(tasks[0]).toMatchObject({ pid: 4711, ppid: 1, pgid: 4711, sid: 4000 });
  });
});

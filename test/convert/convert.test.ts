import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { convertImage } from '../../src/convert/convert.js';
import { MemorySink, MemorySource } from '../../src/format/bytes/memory.js';
import type { Image, Task, Vma } from '../../src/format/model/image.js';
import { NO_PAGES } from '../../src/format/model/page-runs.js';
import { VM_FLAGS } from '../../src/format/model/vm-flags.js';
import { VSYSCALL_START, kindOfVma } from '../../src/format/model/vma-kind.js';
import { readImage } from '../../src/format/registry.js';
import { anyImage } from '../support/arbitrary-image.js';
import { mmOf } from '../support/comparable-image.js';

/** A sink that says how it was left. */
class WatchedSink extends MemorySink {
  readonly ends: string[] = [];

  override commit(): Promise<void> {
    this.ends.push('committed');
    return super.commit();
  }

  override abort(): Promise<void> {
    this.ends.push('aborted');
    return super.abort();
  }
}

function mapping(vm_start: bigint, vm_flags: bigint, name?: string): Vma {
  const facts = { vm_start, vm_end: vm_start + 0x1000n, vm_flags, name };
  const kind = kindOfVma(facts, { start_brk: 0n, brk: 0n, start_stack: 0n });
  return { ...facts, vm_page_prot: 0x25n, vm_pgoff: 0n, kind, pages: NO_PAGES };
}

const PLAIN = mapping(0x7000_0000n, VM_FLAGS.READ);
const VVAR = mapping(0x7100_0000n, VM_FLAGS.READ | VM_FLAGS.IO);
const SHARED = mapping(0x7200_0000n, VM_FLAGS.SHARED | VM_FLAGS.MAYSHARE, '/dev/zero (deleted)');
const VSYSCALL = mapping(VSYSCALL_START, VM_FLAGS.EXEC);

function threadsAt({ threads }: Task, tid: number): Task['threads'] {
  return [{ ...threads[0], tid }];
}

/** A 64-bit image of one task with these mappings and no files. */
function imageWith(vmas: readonly Vma[], changes: Partial<Image> = {}): Image {
  const [image] = fc.sample(anyImage(1), { numRuns: 1, seed: 5 });
  const task = image?.tasks[0];
  if (!image || !task) throw new Error('the generator gave no image');
  const header = { ...image.header, uname: { ...image.header.uname, machine: 'x86_64' } };
  // those of a 32-bit thread would not fit
  const threads: Task['threads'] = [{ ...task.threads[0], registers: {} }];
  const tasks = [{ ...task, mm: { ...mmOf(task), vmas }, files: [], threads }];
  return { ...image, format: { ...image.format, wordBytes: 8 }, header, tasks, ...changes };
}

describe('what kernels of the revision refused', () => {
  test('is written as mappings without contents, and listed', async () => {
    const sink = new WatchedSink();
    const { refused, losses } = await convertImage(imageWith([PLAIN, VVAR, SHARED, VSYSCALL]), sink);
    expect(refused.map(({ path, why }) => [path, why])).toEqual([
      ['task[0].mm.vma[1]', 'v11 refuses IO'],
      ['task[0].mm.vma[2]', 'v11 refuses SHARED MAYSHARE'],
    ]);
    expect(losses).toEqual([]);
    const read = await readImage(new MemorySource(sink.bytes()));
    expect(read.tasks[0]?.mm?.vmas.map(({ kind }) => kind)).toEqual(['anon', 'vvar', 'shared-anon', 'vsyscall']);
    expect(sink.ends).toEqual(['committed']);
  });

  test('is refused when that is asked for: a process as a process, an image as an image', async () => {
    const image = imageWith([PLAIN, SHARED]);
    const process: Image = { ...image, format: { ...image.format, family: 'process' } };
    const sink = new WatchedSink();
    await expect(convertImage(image, sink, { isStrict: true })).rejects.toMatchObject({
      code: 'CANNOT_HOLD',
      exitCode: 3,
    });
    await expect(convertImage(process, sink, { isStrict: true })).rejects.toMatchObject({
      code: 'REFUSED',
      exitCode: 4,
    });
    expect(sink.ends).toEqual(['aborted', 'aborted']);
  });

  test('does not count what a kernel provides: it is left out, and said to be', async () => {
    const sink = new WatchedSink();
    const { refused, losses } = await convertImage(imageWith([PLAIN, VVAR, VSYSCALL]), sink, { isStrict: true });
    expect(losses.map(({ path }) => path)).toEqual(['task[0].mm.vma[1]', 'task[0].mm.vma[2]']);
    expect(refused).toEqual([]);
    const read = await readImage(new MemorySource(sink.bytes()));
    expect(read.tasks[0]?.mm?.vmas.map(({ kind }) => kind)).toEqual(['anon']);
  });

  test('differs between revisions: v9 takes a mapping that was only asked for as shared', async () => {
    const image = imageWith([mapping(0x7000_0000n, VM_FLAGS.MAYSHARE, '/tmp/x')]);
    expect((await convertImage(image, new MemorySink(), { to: 'v9' })).refused).toEqual([]);
    expect((await convertImage(image, new MemorySink(), { to: 'v11' })).refused.length).toBe(1);
  });
});

describe('what a revision cannot hold', () => {
  const two = (): Image => {
    const image = imageWith([PLAIN]);
    const [task] = image.tasks;
    const pid = (task?.pid ?? 0) + 1;
    const alone = task && { ...task, pid, tgid: pid, mm: { ...mmOf(task) }, files: [], threads: threadsAt(task, pid) };
    return alone ? { ...image, tasks: [task, alone] } : image;
  };

  test('is left out and listed with its size', async () => {
    const { losses } = await convertImage(two(), new WatchedSink(), { to: 'v8' });
    expect(losses).toContainEqual(expect.objectContaining({ path: 'task[1]', bytes: 0 }));
  });

  test('is refused when that is asked for, before anything is written', async () => {
    const sink = new WatchedSink();
    const options = { to: 'v8', failOnLoss: true };
    await expect(convertImage(two(), sink, options)).rejects.toMatchObject({
      code: 'CANNOT_HOLD',
      exitCode: 3,
      path: expect.stringContaining('task[') as string,
    });
    expect([sink.position, sink.ends]).toEqual([0, ['aborted']]);
  });

  test('is nothing where all can be held', async () => {
    const { losses } = await convertImage(two(), new WatchedSink(), { to: 'v11', failOnLoss: true });
    expect(losses).toEqual([]);
  });
});

test('the source is released before the result gets its name, and a failure there leaves nothing', async () => {
  const sink = new WatchedSink();
  const order: string[] = [];
  const release = (): Promise<void> => {
    order.push(`released after ${String(sink.ends.length)} ends`);
    return Promise.resolve();
  };
  await convertImage(imageWith([PLAIN], { release }), sink);
  expect(order).toEqual(['released after 0 ends']);
  const disturbed = imageWith([PLAIN], { release: () => Promise.reject(new Error('it ran')) });
  await expect(convertImage(disturbed, sink)).rejects.toThrow('it ran');
  expect(sink.ends).toEqual(['committed', 'aborted']);
});

test('an unknown format is a wrong request, and a signal stops the work', async () => {
  const sink = new WatchedSink();
  await expect(convertImage(imageWith([PLAIN]), sink, { to: 'v99' })).rejects.toMatchObject({ exitCode: 2 });
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(convertImage(imageWith([PLAIN]), sink, { signal })).rejects.toThrow('enough');
  expect(sink.ends).toEqual(['aborted', 'aborted']);
});

test.each([
  ['a path longer than a record', { name: `/${'x'.repeat(4096)}` }],
  ['an address that no word holds', { vm_end: 1n << 65n }],
])('%s is refused with its place', async (_, change) => {
  const image = imageWith([{ ...mapping(0x7000_0000n, VM_FLAGS.READ, '/bin/x'), ...change }]);
  await expect(convertImage(image, new MemorySink())).rejects.toMatchObject({
    code: expect.stringMatching(/CANNOT_HOLD|BAD_VALUE/) as string,
    path: expect.stringMatching(/vma|VMA/) as string,
  });
});

test.each(['v6', 'v8', 'v20', 'v22'])('losses to %s are told by the name that was asked for', async (to) => {
  const { losses } = await convertImage(imageWith([PLAIN, SHARED, VVAR]), new MemorySink(), { to });
  expect(losses.length).toBeGreaterThan(0);
  for (const { why } of losses) expect(why.slice(0, to.length + 1)).toBe(`${to} `);
});

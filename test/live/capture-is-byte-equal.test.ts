import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { critExpecting } from '../support/cli.js';
import { patternFaults } from '../support/pattern.js';
import { isStopped, stopProcess } from '../support/procfs.js';
import { scratchDirectory } from '../support/scratch.js';
import { type Shapes, type ShapesOptions, startProgram, startShapes, startSilentProgram } from '../support/target.js';
import { type ImageTask, faultsOf, readStrictly, readTruth } from '../support/truth.js';

const NODE_TARGET =
  "globalThis.kept = Array.from({ length: 1e5 }, (_, i) => ({ i })); console.log('ready'); setInterval(() => {}, 50)";
const PYTHON_TARGET =
  "import time; kept = [str(i) for i in range(100000)]; print('ready', flush=True); time.sleep(1000)";

/** The cr family knows no threads: each is a task of the same tgid, and the memory is with the first. */
function expectThreads(pid: number, tasks: readonly ImageTask[]): void {
  const tids = fs.readdirSync(`/proc/${pid}/task`).map(Number);
  expect(tasks.map((task) => task.pid).sort((a, b) => a - b)).toEqual(tids.sort((a, b) => a - b));
  expect(tasks[0]?.pid).toBe(pid);
  for (const task of tasks) expect(task).toMatchObject({ tgid: pid, ...(task.pid === pid ? {} : { vmas: [] }) });
}

/** Stops a process, so that the capture and the independent reader see the same, and compares what both saw. */
async function captureStopped(pid: number, revision: 'v9' | 'v11'): Promise<ImageTask> {
  await stopProcess(pid);
  const image = path.join(scratchDirectory(), 'image');
  const args = ['capture', String(pid), '-o', image, '--to', revision, '--no-index', '--include', 'scratch'];
  await critExpecting(0, args);
  expect(isStopped(pid), 'a process that was stopped is left stopped').toBe(true);
  expect(fs.statSync(image).mode & 0o777).toBe(0o600);
  const [task, ...others] = await readStrictly(image, ...(revision === 'v9' ? ['--v9'] : []));
  if (task === undefined) throw new Error('the image holds no task');
  expectThreads(pid, [task, ...others]);
  expect(faultsOf(task, await readTruth(pid))).toEqual([]);
  return task;
}

function expectPattern(target: Shapes, task: ImageTask): void {
  const pages = task.vmas.flatMap((vma) => vma.pages);
  expect(patternFaults(target.regions, target.seed, pages), `seed ${target.seed}`).toEqual([]);
}

const VARIANTS: [string, ShapesOptions, 'v9' | 'v11'][] = [
  ['one thread', {}, 'v11'],
  ['one thread, written as v9', {}, 'v9'],
  ['four threads', { threads: 4 }, 'v11'],
  ['a fork child that has not written since', { isForked: true }, 'v11'],
];

test.each(VARIANTS)('every page of every shape of memory is in the image: %s', async (_name, options, revision) => {
  const target = await startShapes(options);
  expectPattern(target, await captureStopped(target.pid, revision));
});

test('an idle sleep is captured byte for byte', async () => {
  const target = await startSilentProgram('sleep', ['1000']);
  const task = await captureStopped(target.pid, 'v11');
  expect(task).toMatchObject({ pid: target.pid, tgid: target.pid, ppid: process.pid, comm: 'sleep' });
});

test('a Node process is captured byte for byte', async () => {
  const target = await startProgram(process.execPath, ['-e', NODE_TARGET]);
  await captureStopped(target.pid, 'v11');
});

test('a Python process is captured byte for byte', async () => {
  const target = await startProgram('python3', ['-c', PYTHON_TARGET]);
  await captureStopped(target.pid, 'v11');
});

test('a process that runs is stopped for the capture, so its image is of one moment', async () => {
  const target = await startShapes({ threads: 4 });
  const image = path.join(scratchDirectory(), 'image');
  const args = ['capture', String(target.pid), '-o', image, '--to', 'v11', '--no-index', '--include', 'scratch'];
  await critExpecting(0, args);
  const [task] = await readStrictly(image);
  if (task === undefined) throw new Error('the image holds no task');
  expectPattern(target, task);
});

test('reading leaves nothing behind: no memory of the target is allocated by a capture', async () => {
  const target = await startShapes();
  await stopProcess(target.pid);
  const kB = (field: string): number => {
    const status = fs.readFileSync(`/proc/${target.pid}/status`, 'latin1');
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]);
  };
  const measure = (): number[] => ['VmSize', 'RssAnon', 'RssShmem', 'VmPTE', 'VmSwap'].map(kB);
  const [before, fileBefore] = [measure(), kB('RssFile')];
  await critExpecting(0, ['capture', String(target.pid), '-o', path.join(scratchDirectory(), 'image')]);
  expect(measure()).toEqual(before);
  // the two pages of the vDSO belong to the kernel and are mapped when they are read
  expect(kB('RssFile') - fileBefore).toBeLessThanOrEqual(8);
});

test('open files are in the image with flags and position', async () => {
  const directory = scratchDirectory();
  const file = path.join(directory, 'a file');
  fs.writeFileSync(file, 'x'.repeat(1000));
  const target = await startProgram('python3', [
    '-c',
    "import os, sys, time; f = os.open(sys.argv[1], os.O_RDWR | os.O_APPEND); os.lseek(f, 123, 0); os.dup2(f, 40, inheritable=True); print('ready', flush=True); time.sleep(1000)",
    file,
  ]);
  const task = await captureStopped(target.pid, 'v11');
  const [first, second, ...others] = task.fds.filter((fd) => fd.name === file);
  expect(others).toEqual([]);
  expect(first).toMatchObject({ type: 1, pos: 123, closeOnExec: 1 });
  expect(second).toMatchObject({ fd: 40, type: 1, pos: 123, closeOnExec: 0 });
  expect((first?.flags ?? 0) & 0o2003).toBe(0o2002);
});

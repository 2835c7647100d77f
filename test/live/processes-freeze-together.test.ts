import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, type TestContext } from 'vitest';
import { freezeAll, type Freeze, type FreezeOptions } from '../../src/capture/freeze.js';
import { startGuard } from '../../src/capture/guard.js';
import type { CaptureError } from '../../src/format/errors.js';
import { sleepSync } from '../../src/capture/sleep.js';
import { findTarget } from '../../src/capture/target.js';
import { cgroupOf, expectNoCgroupLeft, needsCgroup, whyNoCgroup } from '../support/cgroup.js';
import { startCounters, waitUntilAllCount, type Counters } from '../support/counters.js';
import { isStopped, stopProcess } from '../support/procfs.js';
import { waitUntil } from '../support/wait.js';

const METHODS = ['signal', 'cgroup'] as const;
const PROCESSES = 4;
/** In this time a process that runs would have counted. */
const WHILE_MS = 50;
const FORK_ROUNDS = 5;
const MAX_STOP_MS = 100;
/** How late the guard may be, on a busy machine. */
const GUARD_MS = 400;
const program = fileURLToPath(new URL('../../dist/capture/guard-main.js', import.meta.url));

async function frozen(pids: readonly number[], options: FreezeOptions): Promise<Freeze> {
  const guard = await startGuard({ program, maxStopMs: options.maxStopMs });
  onTestFinished(() => {
    guard.dismiss();
  });
  const freeze = freezeAll(pids.map(findTarget), guard, options);
  onTestFinished(() => {
    freeze.resume();
  });
  return freeze;
}

async function expectNobodyCounts({ counts }: Counters): Promise<void> {
  const before = counts();
  await sleep(WHILE_MS);
  expect(counts()).toEqual(before);
}

function needs(method: (typeof METHODS)[number], context: TestContext): void {
  if (method === 'cgroup') needsCgroup(context);
}

test.for(METHODS)('%s: four processes stand still together and all run again', async (method, context) => {
  needs(method, context);
  const tree = await startCounters(PROCESSES);
  const homes = tree.pids.map(cgroupOf);
  const freeze = await frozen(tree.pids, { method });
  await expectNobodyCounts(tree);
  expect(freeze.method).toBe(method);
  expect(freeze.processes.map(({ target }) => target.pid)).toEqual(tree.pids);
  for (const { registers, target } of freeze.processes) expect(registers.get(target.pid)?.ip).toBeDefined();
  freeze.checkUndisturbed();
  freeze.resume();
  freeze.resume();
  await waitUntilAllCount(tree);
  expect(freeze.stoppedNs).toBeGreaterThan(WHILE_MS * 1e6);
  expect(tree.pids.map(cgroupOf)).toEqual(homes);
  await expectNoCgroupLeft();
});

test('several processes are frozen by a cgroup unless told, or by signals where there is none', async () => {
  const tree = await startCounters(2);
  const freeze = await frozen(tree.pids, {});
  expect(freeze.method).toBe(whyNoCgroup() === undefined ? 'cgroup' : 'signal');
  expect(freeze.fallbackReason === undefined).toBe(freeze.method === 'cgroup');
  freeze.resume();
  await waitUntilAllCount(tree);
});

test('one process is stopped by a signal unless told', async () => {
  const tree = await startCounters(1);
  expect((await frozen(tree.pids, {})).method).toBe('signal');
});

test.for(METHODS)('%s: a process that was stopped before is left so, the others run again', async (method, context) => {
  needs(method, context);
  const tree = await startCounters(PROCESSES);
  const [, stopped = 0] = tree.pids;
  await stopProcess(stopped);
  const freeze = await frozen(tree.pids, { method });
  expect(freeze.processes.map(({ wasStopped }) => wasStopped)).toEqual([false, true, false, false]);
  expect(freeze.wasStopped).toBe(false);
  freeze.checkUndisturbed();
  freeze.resume();
  expect(isStopped(stopped)).toBe(true);
  process.kill(stopped, 'SIGCONT');
  await waitUntilAllCount(tree);
});

test.for(METHODS)('%s: processes can be added to those that stand still', async (method, context) => {
  needs(method, context);
  const tree = await startCounters(PROCESSES);
  const freeze = await frozen(tree.pids.slice(0, 1), { method });
  freeze.add(tree.pids.map(findTarget));
  await expectNobodyCounts(tree);
  expect(freeze.processes).toHaveLength(PROCESSES);
  freeze.checkUndisturbed();
  freeze.resume();
  await waitUntilAllCount(tree);
});

test('a SIGCONT of somebody else disturbs those stopped by signals, and not those in a cgroup', async (context) => {
  const tree = await startCounters(2);
  const freeze = await frozen(tree.pids, { method: 'signal' });
  process.kill(tree.pids[1] ?? 0, 'SIGCONT');
  expect(() => {
    freeze.checkUndisturbed();
  }).toThrow(expect.objectContaining({ code: 'TARGET_RAN' }) as CaptureError);
  freeze.resume();
  needsCgroup(context);
  const again = await frozen(tree.pids, { method: 'cgroup' });
  process.kill(tree.pids[1] ?? 0, 'SIGCONT');
  await expectNobodyCounts(tree);
  again.checkUndisturbed();
});

test('a SIGSTOP that comes while a process is frozen holds when it is thawed', async (context) => {
  needsCgroup(context);
  const tree = await startCounters(1);
  const freeze = await frozen(tree.pids, { method: 'cgroup' });
  process.kill(tree.pids[0] ?? 0, 'SIGSTOP');
  freeze.resume();
  await waitUntil('it is stopped', () => isStopped(tree.pids[0] ?? 0));
});

test('children that are forked while their parent is frozen run again in the cgroup they came from', async (context) => {
  needsCgroup(context);
  const tree = await startCounters(2, '--breed');
  const home = cgroupOf(process.pid);
  for (let round = 0; round < FORK_ROUNDS; round++) {
    const freeze = await frozen(tree.pids, { method: 'cgroup' });
    await expectNobodyCounts(tree);
    freeze.resume();
    await waitUntilAllCount(tree);
    expect(tree.pids.map(cgroupOf)).toEqual([home, home]);
    await expectNoCgroupLeft();
  }
});

test.for(METHODS)('%s: the guard ends a stop that lasts too long, whatever we do', async (method, context) => {
  needs(method, context);
  const tree = await startCounters(PROCESSES);
  const freeze = await frozen(tree.pids, { method, maxStopMs: MAX_STOP_MS });
  // as a read that hangs: the event loop has no turn
  sleepSync(MAX_STOP_MS + GUARD_MS);
  const before = tree.counts();
  sleepSync(WHILE_MS);
  expect(tree.counts().every((count, slot) => count > (before[slot] ?? 0n))).toBe(true);
  expect(() => {
    freeze.checkUndisturbed();
  }).toThrow(expect.objectContaining({ code: 'DEADLINE' }) as CaptureError);
  freeze.resume();
  await waitUntilAllCount(tree);
  await expectNoCgroupLeft();
});

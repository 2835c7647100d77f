import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openFile } from '../../src/format/bytes/file.js';
import { readImage } from '../../src/format/registry.js';
import { cgroupOf } from '../support/cgroup.js';
import { critExpecting, outcomeOf, startCrit } from '../support/cli.js';
import { isStopped } from '../support/procfs.js';
import { scratchDirectory } from '../support/scratch.js';
import { startSharers, waitUntilAllRun } from '../support/sharers.js';
import { startProgram } from '../support/target.js';
import { waitUntil } from '../support/wait.js';

const CAPTURES = 5;
const KILLS = 6;
/** A capture may be over before the signal that was meant for its middle. */
const RACES = { retry: 3 };
const FORKING = 'echo ready; while :; do sleep 0.05 & sleep 0.002; done';
const PIPES = `
import os, socket, time
r, w = os.pipe()
a, b = socket.socketpair()
parent = os.getpid()
is_child = os.fork() == 0
print('ready', flush=True)
# the test ends the parent alone
while not is_child or os.getppid() == parent: time.sleep(0.05)
`;

function childrenOf(pid: number): number[] {
  const text = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1');
  return (text.match(/\d+/g) ?? []).map(Number);
}

/** Whether a process stands still; one that has ended does not. */
function stands(pid: number): boolean {
  try {
    return isStopped(pid);
  } catch {
    return false;
  }
}

/** Whether a capture keeps a process from running, by either way. */
function isHeld(pid: number): boolean {
  return isStopped(pid) || cgroupOf(pid)?.includes('/crit-freeze-') === true;
}

test('a tree that grows while it is frozen is captured whole, and nobody is left stopped', async () => {
  const { pid } = await startProgram('bash', ['-c', FORKING]);
  for (let i = 0; i < CAPTURES; i++) {
    const file = path.join(scratchDirectory(), 'image');
    await critExpecting(0, ['capture', '--tree', String(pid), '-o', file]);
    const image = await readImage(openFile(file));
    const pids = new Set(image.tasks.map((task) => task.pid));
    expect(image.tasks[0]?.pid).toBe(pid);
    expect(pids.size).toBe(image.tasks.length);
    for (const task of image.tasks.slice(1)) expect(pids).toContain(task.ppid);
    await image.close();
    await waitUntil('nobody of the tree is stopped', () => ![pid, ...childrenOf(pid)].some(stands));
  }
});

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'a capture of a tree that %s ends leaves all running',
  RACES,
  async (name) => {
    const sharers = await startSharers({ children: 3, mib: 64 });
    let stopped = 0;
    for (let i = 0; i < KILLS; i++) {
      const directory = scratchDirectory();
      const child = startCrit(['capture', '--tree', String(sharers.pid), '-o', path.join(directory, 'image')]);
      const end = outcomeOf(child);
      const hasEnded = end.then(() => true);
      while (!sharers.pids.some(isHeld)) if (await Promise.race([hasEnded, sleep(1, false)])) break;
      if (sharers.pids.some(isHeld)) stopped++;
      await sleep(i * 10);
      child.kill(name);
      await end;
      await waitUntilAllRun(sharers);
      await waitUntil('no unfinished file is left', () => fs.readdirSync(directory).every((file) => file === 'image'));
    }
    expect(stopped, 'captures that were ended while the tree stood still').toBeGreaterThan(0);
  },
);

test('pipes and sockets that processes share are one open file in all of them', async () => {
  const { pid } = await startProgram('python3', ['-c', PIPES]);
  await waitUntil('the child is there', () => childrenOf(pid).length === 1);
  const file = path.join(scratchDirectory(), 'image');
  await critExpecting(0, ['capture', '--tree', String(pid), '-o', file]);
  const image = await readImage(openFile(file));
  const [parent, child] = image.tasks.map(({ files }) => new Map(files.map(({ fd, file: open }) => [fd, open])));
  const [r, w] = [3, 4];
  for (const fd of [r, w]) {
    expect(parent?.get(fd)?.type).toBe('pipe');
    expect(child?.get(fd)).toBe(parent?.get(fd));
  }
  expect(parent?.get(r)).not.toBe(parent?.get(w));
  for (const fd of [5, 6]) expect(child?.get(fd)).toBe(parent?.get(fd));
  expect(parent?.get(5)).not.toBe(parent?.get(6));
  await image.close();
});

test('a tree below a pid that is not there is refused', async () => {
  const file = path.join(scratchDirectory(), 'image');
  const { stderr } = await critExpecting(4, ['capture', '--tree', '4194304', '-o', file]);
  expect(stderr).toContain('NO_SUCH_PROCESS');
  expect(fs.existsSync(file)).toBe(false);
});

import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { critExpecting, outcomeOf, startCrit } from '../support/cli.js';
import { patternFaults } from '../support/pattern.js';
import { isStopped, stopProcess } from '../support/procfs.js';
import { scratchDirectory } from '../support/scratch.js';
import { startShapes, waitUntilItRuns } from '../support/target.js';
import { readStrictly } from '../support/truth.js';
import { waitUntil } from '../support/wait.js';

/** A capture may be done before the signal that was meant for its middle: then it is tried again. */
const RACES = { retry: 3 };
const HEAD_BYTES = 64;

interface Summary {
  readonly stoppedNs: number | null;
  readonly pauseBudget: {
    readonly limitBytes: number;
    readonly heldBytes: number | null;
    readonly reason: string | null;
  };
}

async function capture(pid: number, image: string, ...options: string[]): Promise<Summary> {
  const { stdout } = await critExpecting(0, [
    'capture',
    '--include',
    'scratch',
    ...options,
    String(pid),
    '-o',
    image,
    '--json',
    '--to',
    'v11',
    '--no-index',
  ]);
  // what --json prints
  return JSON.parse(stdout.toString()) as Summary;
}

test.each([0, 200])('an image through memory is the same as one without: ballast of %d MiB', async (ballastMiB) => {
  const target = await startShapes({ threads: 2, ballastMiB });
  await stopProcess(target.pid);
  const directory = scratchDirectory();
  const [plain, held] = [path.join(directory, 'plain'), path.join(directory, 'held')];
  // an index has a digest of the head, in which the time is
  const without = await capture(target.pid, plain, '--no-index');
  const { pauseBudget, stoppedNs } = await capture(target.pid, held, '--no-index', '--pause-budget=1G');
  expect(without.pauseBudget).toBe(null);
  expect(pauseBudget).toMatchObject({ limitBytes: 2 ** 30, reason: null });
  expect(pauseBudget.heldBytes).toBeGreaterThan(ballastMiB * 2 ** 20);
  expect(stoppedNs).toBe(null);
  expect(isStopped(target.pid)).toBe(true);
  const [a, b] = [fs.readFileSync(plain), fs.readFileSync(held)];
  // the head holds the time, in seconds
  const differing = [...a.subarray(0, HEAD_BYTES).keys()].filter((i) => a[i] !== b[i]);
  expect(differing.length).toBeLessThanOrEqual(8);
  expect(Buffer.compare(a.subarray(HEAD_BYTES), b.subarray(HEAD_BYTES))).toBe(0);
});

test('a process that runs is captured at one moment, and runs again', async () => {
  const target = await startShapes({ threads: 4, ballastMiB: 100 });
  const image = path.join(scratchDirectory(), 'image');
  const { pauseBudget, stoppedNs } = await capture(target.pid, image, '--pause-budget');
  expect(pauseBudget.heldBytes).toBeGreaterThan(100 * 2 ** 20);
  expect(stoppedNs).toBeGreaterThan(0);
  await waitUntilItRuns(target);
  const [task] = await readStrictly(image);
  const pages = task?.vmas.flatMap((vma) => vma.pages) ?? [];
  expect(patternFaults(target.regions, target.seed, pages), `seed ${target.seed}`).toEqual([]);
});

test('contents that do not fit are written while the process is stopped, and the summary says so', async () => {
  const target = await startShapes({ ballastMiB: 100 });
  const image = path.join(scratchDirectory(), 'image');
  const { pauseBudget } = await capture(target.pid, image, '--pause-budget=50M');
  const reason = expect.stringContaining(String(50 * 2 ** 20)) as unknown;
  expect(pauseBudget).toEqual({ limitBytes: 50 * 2 ** 20, heldBytes: null, reason });
  await waitUntilItRuns(target);
  await readStrictly(image);
  const { stderr } = await critExpecting(0, [
    'capture',
    '--pause-budget=50M',
    '--include',
    'scratch',
    String(target.pid),
    '-o',
    image,
  ]);
  expect(stderr).toContain('written while it stood still');
});

test('a process that is not to be stopped has no pause', async () => {
  const target = await startShapes();
  const args = [
    'capture',
    '--no-freeze',
    '--pause-budget',
    String(target.pid),
    '-o',
    path.join(scratchDirectory(), 'x'),
  ];
  const { stderr } = await critExpecting(2, args);
  expect(stderr).toContain('BAD_ARGUMENT');
});

test.each(['SIGKILL', 'SIGINT'] as const)(
  '%s while it is copied leaves the target running and no file',
  RACES,
  async (name) => {
    const target = await startShapes({ threads: 4, ballastMiB: 512 });
    const directory = scratchDirectory();
    const child = startCrit(['capture', '--pause-budget=4G', String(target.pid), '-o', path.join(directory, 'image')]);
    const end = outcomeOf(child);
    await waitUntil('the capture stops the target', () => isStopped(target.pid));
    child.kill(name);
    const { status, signal } = await end;
    expect([status, signal]).toEqual(name === 'SIGINT' ? [130, null] : [null, 'SIGKILL']);
    await waitUntilItRuns(target);
    await waitUntil('nothing is left', () => fs.readdirSync(directory).length === 0);
  },
);

test('a target that ends while it is copied gives a clear error', RACES, async () => {
  const target = await startShapes({ ballastMiB: 512 });
  const directory = scratchDirectory();
  const child = startCrit(['capture', '--pause-budget=4G', String(target.pid), '-o', path.join(directory, 'image')]);
  const end = outcomeOf(child);
  await waitUntil('the capture stops the target', () => isStopped(target.pid));
  process.kill(target.pid, 'SIGKILL');
  const { status, stderr } = await end;
  expect({ status, stderr }).toEqual({ status: 4, stderr: expect.stringContaining('TARGET_ENDED') as unknown });
  expect(fs.readdirSync(directory)).toEqual([]);
});

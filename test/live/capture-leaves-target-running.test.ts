import { execFileSync, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { CRIT, crit, critExpecting, outcomeOf, startCrit } from '../support/cli.js';
import { isStopped, stopProcess } from '../support/procfs.js';
import { scratchDirectory } from '../support/scratch.js';
import { needsRoot, skip } from '../support/skip.js';
import { type Shapes, startShapes, waitUntilItRuns } from '../support/target.js';
import { readStrictly } from '../support/truth.js';
import { waitUntil } from '../support/wait.js';

const BALLAST_MIB = 320;
/** A capture may be over before the kill that was meant for its middle: then it is tried again. */
const RACES = { retry: 3 };
const KILLS = 12;
/** What the strict reader of the tests takes. */
const STRICTLY_READ = ['--to', 'v11', '--no-index'];

/** The guard may take a moment to clean up after a capture that was killed. */
async function expectNothingLeft(directory: string): Promise<void> {
  await waitUntil(`${directory} is empty, it holds ${fs.readdirSync(directory).join(' ')}`, () => {
    return fs.readdirSync(directory).length === 0;
  });
}

async function captureMs(target: Shapes): Promise<number> {
  const start = performance.now();
  await critExpecting(0, ['capture', String(target.pid), '-o', path.join(scratchDirectory(), 'image')]);
  return performance.now() - start;
}

test('after a capture the target runs on, and only the image is there', async () => {
  const target = await startShapes({ threads: 4 });
  const directory = scratchDirectory();
  await critExpecting(0, ['capture', String(target.pid), '-o', path.join(directory, 'image')]);
  await waitUntilItRuns(target);
  expect(fs.readdirSync(directory)).toEqual(['image']);
});

test('after a capture with --no-freeze the target runs on', async () => {
  const target = await startShapes({ threads: 4 });
  const image = path.join(scratchDirectory(), 'image');
  await critExpecting(0, ['capture', String(target.pid), '--no-freeze', '-o', image, ...STRICTLY_READ]);
  await waitUntilItRuns(target);
  await readStrictly(image);
});

test('a capture killed by SIGKILL at any moment leaves the target running and no half-written file', async () => {
  const target = await startShapes({ threads: 4, ballastMiB: BALLAST_MIB });
  const wholeMs = await captureMs(target);
  const moment = fc.double({ min: 0.05, max: 1, noNaN: true });
  let killed = 0;
  await fc.assert(
    fc.asyncProperty(moment, async (fraction) => {
      const directory = scratchDirectory();
      const child = startCrit(['capture', String(target.pid), '-o', path.join(directory, 'image'), ...STRICTLY_READ]);
      const end = outcomeOf(child);
      await sleep(fraction * wholeMs);
      child.kill('SIGKILL');
      const { signal } = await end;
      await waitUntilItRuns(target);
      // it may have been done just before, or have only its own end left: then the image is there, whole
      const isWhole = fs.existsSync(path.join(directory, 'image'));
      if (isWhole) await readStrictly(path.join(directory, 'image'));
      else if (signal === 'SIGKILL') {
        await expectNothingLeft(directory);
        killed++;
      }
      fs.rmSync(directory, { recursive: true });
    }),
    { numRuns: KILLS, endOnFailure: true },
  );
  expect(killed, 'captures that were killed in the middle').toBeGreaterThan(0);
});

test('a capture killed while the target stands still leaves it running and no file', RACES, async () => {
  const target = await startShapes({ ballastMiB: BALLAST_MIB });
  const directory = scratchDirectory();
  const child = startCrit(['capture', String(target.pid), '-o', path.join(directory, 'image')]);
  const end = outcomeOf(child);
  await waitUntil('the capture stops the target', () => isStopped(target.pid));
  child.kill('SIGKILL');
  expect((await end).signal).toBe('SIGKILL');
  await waitUntilItRuns(target);
  await expectNothingLeft(directory);
});

test('a target that was stopped before is left stopped when its capture is killed', RACES, async () => {
  const target = await startShapes({ ballastMiB: BALLAST_MIB });
  await stopProcess(target.pid);
  const directory = scratchDirectory();
  const child = startCrit(['capture', String(target.pid), '-o', path.join(directory, 'image')]);
  const end = outcomeOf(child);
  await waitUntil('the capture begins to write', () => fs.readdirSync(directory).length > 0);
  child.kill('SIGKILL');
  expect((await end).signal).toBe('SIGKILL');
  await expectNothingLeft(directory);
  expect(isStopped(target.pid)).toBe(true);
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s ends a capture, with the target running and no file',
  RACES,
  async (name) => {
    const target = await startShapes({ ballastMiB: BALLAST_MIB });
    const directory = scratchDirectory();
    const child = startCrit(['capture', String(target.pid), '-o', path.join(directory, 'image')]);
    const end = outcomeOf(child);
    await waitUntil('the capture stops the target', () => isStopped(target.pid));
    child.kill(name);
    const { status, signal } = await end;
    if (name === 'SIGINT') expect({ status, signal }).toEqual({ status: 130, signal: null });
    else expect(status).not.toBe(0);
    await waitUntilItRuns(target);
    await expectNothingLeft(directory);
  },
);

test('a full file system ends a capture with status 5, with the target running and no file', async (context) => {
  needsRoot(context);
  const directory = scratchDirectory();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', directory], { stdio: 'ignore' });
  } catch {
    skip(context, 'tmpfs cannot be mounted here');
  }
  onTestFinished(() => {
    execFileSync('umount', [directory]);
  });
  const target = await startShapes({ ballastMiB: 64 });
  const { stderr } = await critExpecting(5, ['capture', String(target.pid), '-o', path.join(directory, 'image')]);
  expect(stderr).toContain('ENOSPC');
  await waitUntilItRuns(target);
  expect(fs.readdirSync(directory)).toEqual([]);
});

test('a reader that goes away ends a capture quietly, with the target running', async () => {
  const target = await startShapes({ ballastMiB: 64 });
  const line = '"$0" "$1" capture "$2" -o - | head -c 100 | wc -c; echo "${PIPESTATUS[0]}"';
  const shell = spawn('bash', ['-c', line, process.execPath, CRIT, String(target.pid)], { stdio: 'pipe' });
  const { stdout, stderr } = await outcomeOf(shell);
  expect(stdout.toString().trim().split('\n')).toEqual(['100', '5']);
  expect(stderr).not.toMatch(/\n\s+at /);
  await waitUntilItRuns(target);
});

test('an existing image is kept when the capture that should replace it fails', RACES, async () => {
  const target = await startShapes({ ballastMiB: BALLAST_MIB });
  const directory = scratchDirectory();
  const image = path.join(directory, 'image');
  fs.writeFileSync(image, 'the image before');
  const child = startCrit(['capture', String(target.pid), '-o', image]);
  const end = outcomeOf(child);
  await waitUntil('the capture stops the target', () => isStopped(target.pid));
  child.kill('SIGINT');
  expect((await end).status).toBe(130);
  expect(fs.readdirSync(directory)).toEqual(['image']);
  expect(fs.readFileSync(image, 'utf8')).toBe('the image before');
});

test('a target that ends during its capture gives a clear error and no image', RACES, async () => {
  const target = await startShapes({ ballastMiB: BALLAST_MIB });
  const directory = scratchDirectory();
  const child = startCrit(['capture', String(target.pid), '-o', path.join(directory, 'image')]);
  const end = outcomeOf(child);
  await waitUntil('the capture stops the target', () => isStopped(target.pid));
  process.kill(target.pid, 'SIGKILL');
  const { status, stderr } = await end;
  expect({ status, stderr }).toEqual({ status: 4, stderr: expect.stringContaining('TARGET_ENDED') as unknown });
  expect(fs.readdirSync(directory)).toEqual([]);
});

test('a process that does not exist gives status 4 and no file', async () => {
  const directory = scratchDirectory();
  const { stderr } = await critExpecting(4, ['capture', '4194304', '-o', path.join(directory, 'image')]);
  expect(stderr).toContain('NO_SUCH_PROCESS');
  expect(fs.readdirSync(directory)).toEqual([]);
});

test('a folder that does not exist gives status 5, and the target is never stopped', async () => {
  const target = await startShapes();
  const { stderr } = await crit(['capture', String(target.pid), '-o', '/nonexistent/image']).then((outcome) => {
    expect(outcome.status).toBe(5);
    return outcome;
  });
  expect(stderr).toContain('ENOENT');
  await waitUntilItRuns(target);
});

import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { critExpecting, outcomeOf, startCrit, type Outcome } from '../support/cli.js';
import { cgroupOf, expectNoCgroupLeft, whyNoCgroup } from '../support/cgroup.js';
import { isStopped, stopProcess, threadStates } from '../support/procfs.js';
import { scratchDirectory } from '../support/scratch.js';
import { startShapes, waitUntilItRuns, type Shapes } from '../support/target.js';
import { readStrictly } from '../support/truth.js';
import { waitUntil } from '../support/wait.js';

/** How many captures are ended: CRIT_KILLS, 200 for a release. */
const KILLS = Number(process.env['CRIT_KILLS'] ?? 20);
const MS_PER_KILL = 10_000;
const BALLAST_MIB = 128;
const METHODS = whyNoCgroup() === undefined ? (['signal', 'cgroup'] as const) : (['signal'] as const);
/** What the strict reader takes. */
const STRICTLY_READ = ['--to', 'v11', '--no-index'];
const ENDS = ['SIGKILL', 'SIGTERM', 'deadline'] as const;

interface Kill {
  readonly method: (typeof METHODS)[number];
  readonly end: (typeof ENDS)[number];
  /** Of the time that a whole capture takes, or for a deadline of that for which the target stands still. */
  readonly fraction: number;
  readonly isHeld: boolean;
  readonly wasStopped: boolean;
}

const anyKill: fc.Arbitrary<Kill> = fc.record({
  method: fc.constantFrom(...METHODS),
  end: fc.constantFrom(...ENDS),
  fraction: fc.double({ min: 0.02, max: 1, noNaN: true }),
  isHeld: fc.boolean(),
  // one in five
  wasStopped: fc.nat(4).map((n) => n === 0),
});

/** How long a whole capture takes, and for how long of that the target stands still. */
interface Duration {
  readonly wholeMs: number;
  readonly stopMs: number;
}

async function measure(target: Shapes): Promise<Duration> {
  const start = performance.now();
  const image = path.join(scratchDirectory(), 'image');
  const { stdout } = await critExpecting(0, ['capture', String(target.pid), '-o', image, '--json']);
  // what --json prints
  const { stoppedNs } = JSON.parse(stdout.toString()) as { readonly stoppedNs: number };
  return { wholeMs: performance.now() - start, stopMs: stoppedNs / 1e6 };
}

async function endAt(kill: Kill, { wholeMs, stopMs }: Duration, target: Shapes, image: string): Promise<Outcome> {
  const maxStop = kill.end === 'deadline' ? ['--max-stop', `${(kill.fraction * stopMs).toFixed(3)}ms`] : [];
  const held = kill.isHeld ? ['--pause-budget=1G'] : [];
  const child = startCrit([
    'capture',
    ...STRICTLY_READ,
    String(target.pid),
    '-o',
    image,
    '--freeze',
    kill.method,
    ...maxStop,
    ...held,
  ]);
  const outcome = outcomeOf(child);
  if (kill.end !== 'deadline') {
    await sleep(kill.fraction * wholeMs);
    child.kill(kill.end);
  }
  return outcome;
}

/** Nothing, or the image, if it was complete just before. */
async function expectWholeOrNothing(directory: string): Promise<boolean> {
  await waitUntil(`no part is left of ${fs.readdirSync(directory).join(' ')}`, () =>
    fs.readdirSync(directory).every((name) => name === 'image'),
  );
  const isWhole = fs.readdirSync(directory).length > 0;
  if (isWhole) await readStrictly(path.join(directory, 'image'));
  return isWhole;
}

async function expectAsBefore(target: Shapes, wasStopped: boolean): Promise<void> {
  if (!wasStopped) return waitUntilItRuns(target);
  expect(isStopped(target.pid), threadStates(target.pid)).toBe(true);
  process.kill(target.pid, 'SIGCONT');
  await waitUntilItRuns(target);
}

test(
  'a capture that is ended at any moment leaves targets as they were, no cgroup, and no part of a file',
  { timeout: 60_000 + KILLS * MS_PER_KILL },
  async () => {
    const target = await startShapes({ threads: 4, ballastMiB: BALLAST_MIB });
    const home = cgroupOf(target.pid);
    const duration = await measure(target);
    const seen = new Map<string, number>();
    const property = fc.asyncProperty(anyKill, async (kill) => {
      const directory = scratchDirectory();
      if (kill.wasStopped) await stopProcess(target.pid);
      const { status, stderr } = await endAt(kill, duration, target, path.join(directory, 'image'));
      const isWhole = await expectWholeOrNothing(directory);
      expect(isWhole || status !== 0, stderr).toBe(true);
      if (kill.end === 'deadline' && !isWhole)
        expect({ status, stderr }).toEqual({ status: 4, stderr: expect.stringContaining('DEADLINE') as unknown });
      await expectNoCgroupLeft();
      expect(cgroupOf(target.pid)).toBe(home);
      await expectAsBefore(target, kill.wasStopped);
      fs.rmSync(directory, { recursive: true });
      const what = `${kill.method} ${kill.end}: ${isWhole ? 'whole' : 'ended'}`;
      seen.set(what, (seen.get(what) ?? 0) + 1);
    });
    await fc.assert(property, { numRuns: KILLS, endOnFailure: true });
    console.log(
      `captures that were ended: ${[...seen]
        .map(([what, times]) => `${what} ${times}`)
        .sort()
        .join(', ')}`,
    );
    for (const end of ENDS) {
      const ended = [...seen.keys()].some((what) => what.endsWith(`${end}: ended`));
      expect(ended || KILLS < ENDS.length * 5, `some captures were ended by ${end}`).toBe(true);
    }
  },
);

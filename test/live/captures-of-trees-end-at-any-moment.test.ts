import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectNoCgroupLeft } from '../support/cgroup.js';
import { critExpecting, outcomeOf, startCrit } from '../support/cli.js';
import { scratchDirectory } from '../support/scratch.js';
import { SEED } from '../support/seed.js';
import { startSharers, waitUntilAllRun } from '../support/sharers.js';
import { waitUntil } from '../support/wait.js';

/** Eight processes. */
const CHILDREN = 7;
/** How many captures are ended in each way: a part of CRIT_KILLS, 200 for a release. */
const KILLS = Math.ceil(Number(process.env['CRIT_KILLS'] ?? 20) / 4);
const MS_PER_KILL = 10_000;
const FRACTION = fc.double({ min: 0.02, max: 1, noNaN: true });

test.each([
  ['SIGKILL', ['--pre-copy=2']],
  ['SIGTERM', ['--pre-copy=2']],
  ['SIGKILL', ['--pause-budget=1G', '--track=auto']],
  ['SIGTERM', ['--pause-budget=1G', '--track=auto']],
] as const)(
  'a capture of a tree that %s ends at any moment leaves all running: %j',
  { timeout: 60_000 + KILLS * MS_PER_KILL },
  async (name, options) => {
    const sharers = await startSharers({ children: CHILDREN, mib: 16 });
    const start = performance.now();
    const whole = path.join(scratchDirectory(), 'image');
    await critExpecting(0, ['capture', '--tree', String(sharers.pid), '-o', whole, ...options]);
    const wholeMs = performance.now() - start;
    let ended = 0;
    for (const fraction of fc.sample(FRACTION, { numRuns: KILLS, seed: SEED })) {
      const directory = scratchDirectory();
      const args = ['capture', '--tree', String(sharers.pid), '-o', path.join(directory, 'image'), ...options];
      const child = startCrit(args);
      const outcome = outcomeOf(child);
      await sleep(fraction * wholeMs);
      child.kill(name);
      if ((await outcome).status !== 0) ended++;
      await waitUntilAllRun(sharers);
      await waitUntil('no unfinished file is left', () => fs.readdirSync(directory).every((file) => file === 'image'));
      await expectNoCgroupLeft();
    }
    expect(ended, 'captures that were ended').toBeGreaterThan(0);
  },
);

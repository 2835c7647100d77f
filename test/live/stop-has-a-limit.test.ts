import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { openFile } from '../../src/format/bytes/file.js';
import { vaddrOf } from '../../src/format/model/page.js';
import { readImage } from '../../src/format/registry.js';
import { crit, critExpecting, outcomeOf, startCrit } from '../support/cli.js';
import { cgroupOf, expectNoCgroupLeft, needsCgroup } from '../support/cgroup.js';
import { patternFaults } from '../support/pattern.js';
import { isStopped, stopProcess } from '../support/procfs.js';
import { scratchDirectory } from '../support/scratch.js';
import { needsRoot } from '../support/skip.js';
import { startShapes, waitUntilItRuns } from '../support/target.js';
import { readStrictly } from '../support/truth.js';
import { waitUntil } from '../support/wait.js';

const METHODS = ['signal', 'cgroup'] as const;
const NOBODY = 65534;
/** What the strict reader takes. */
const STRICTLY_READ = ['--to', 'v11', '--include', 'scratch'];
const BALLAST_MIB = 320;
/** Either too early, before the structure is read, or too late, when all is read: then another time is tried. */
const MAX_STOPS_MS = [10, 20, 30, 40, 60, 80, 120, 160, 240, 320, 480, 640, 1000];
/** A capture may be over before what was meant for its middle: then it is tried again. */
const RACES = { retry: 3 };

interface Summary {
  readonly stoppedNs: number | null;
  readonly freeze: { readonly method: string; readonly fallbackReason: string | null } | null;
  readonly partial: {
    readonly missingPages: number;
    readonly missingBytes: number;
    readonly losses: readonly { readonly what: string }[];
  } | null;
}

test('a process frozen by a cgroup is captured, goes back to its own and runs on', async (context) => {
  needsCgroup(context);
  const target = await startShapes({ threads: 4 });
  const home = cgroupOf(target.pid);
  const image = path.join(scratchDirectory(), 'image');
  const args = ['capture', ...STRICTLY_READ, '--freeze', 'cgroup', String(target.pid), '-o', image, '--json'];
  // what --json prints
  const summary = JSON.parse((await critExpecting(0, args)).stdout.toString()) as Summary;
  expect(summary.freeze).toEqual({ method: 'cgroup', fallbackReason: null });
  expect(summary.partial).toBe(null);
  await waitUntilItRuns(target);
  expect(cgroupOf(target.pid)).toBe(home);
  await expectNoCgroupLeft();
  const [task] = await readStrictly(image);
  const pages = task?.vmas.flatMap((vma) => vma.pages) ?? [];
  expect(patternFaults(target.regions, target.seed, pages), `seed ${target.seed}`).toEqual([]);
});

test('a user who may not freeze by a cgroup is told so, and the target runs on', async (context) => {
  needsRoot(context);
  const target = await startShapes({ uid: NOBODY });
  const directory = scratchDirectory();
  fs.chmodSync(directory, 0o777);
  const args = ['capture', '--freeze=cgroup', String(target.pid), '-o', path.join(directory, 'image')];
  const { stderr } = await critExpecting(4, args, { uid: NOBODY });
  expect(stderr).toContain('NO_FREEZER');
  await waitUntilItRuns(target);
  expect(fs.readdirSync(directory)).toEqual([]);
});

test.each([['--freeze=none'], ['--no-freeze']])('%s lets the target run', async (option) => {
  const target = await startShapes();
  const args = ['capture', option, String(target.pid), '-o', path.join(scratchDirectory(), 'image'), '--json'];
  // what --json prints
  const summary = JSON.parse((await critExpecting(0, args)).stdout.toString()) as Summary;
  expect(summary).toMatchObject({ stoppedNs: null, freeze: null });
});

test.each([
  ['--freeze=always'],
  ['--max-stop=soon'],
  ['--max-stop=0'],
  ['--on-deadline=partial'],
  ['--on-deadline=wait', '--max-stop=1s'],
  ['--no-freeze', '--max-stop=1s'],
])('%s %s is wrong usage', async (...options) => {
  const { stderr } = await critExpecting(2, ['capture', '1', '-o', '/dev/null', ...options]);
  expect(stderr).not.toMatch(/\n\s+at /);
});

test.for(METHODS)('%s: a capture that would take too long fails, and the target runs on', async (method, context) => {
  if (method === 'cgroup') needsCgroup(context);
  const target = await startShapes({ threads: 4, ballastMiB: BALLAST_MIB });
  const directory = scratchDirectory();
  const image = path.join(directory, 'image');
  const args = ['capture', '--freeze', method, '--max-stop', '15ms', String(target.pid), '-o', image];
  const { stderr } = await critExpecting(4, args);
  expect(stderr).toContain('DEADLINE');
  await waitUntilItRuns(target);
  expect(fs.readdirSync(directory)).toEqual([]);
  await expectNoCgroupLeft();
});

test('a process that was stopped by somebody else may stand still as long as they like', async () => {
  const target = await startShapes({ ballastMiB: BALLAST_MIB });
  await stopProcess(target.pid);
  const image = path.join(scratchDirectory(), 'image');
  await critExpecting(0, ['capture', '--max-stop=1ms', String(target.pid), '-o', image]);
  expect(isStopped(target.pid)).toBe(true);
});

test('what was read when the time is over is kept, of one moment, and what is missing is told', async () => {
  const target = await startShapes({ threads: 4, ballastMiB: BALLAST_MIB });
  const image = path.join(scratchDirectory(), 'image');
  let summary: Summary | undefined;
  for (const ms of MAX_STOPS_MS) {
    const limit = [`--max-stop=${ms}`, '--on-deadline=partial'];
    const args = ['capture', ...STRICTLY_READ, ...limit, String(target.pid), '-o', image, '--json'];
    const child = startCrit(args);
    const { status, stdout, stderr } = await outcomeOf(child);
    await waitUntilItRuns(target);
    if (status !== 0) {
      expect(stderr).toContain('DEADLINE');
      continue;
    }
    // what --json prints
    summary = JSON.parse(stdout.toString()) as Summary;
    if (summary.partial === null || summary.partial.missingBytes < BALLAST_MIB * 2 ** 20) break;
  }
  const missing = summary?.partial?.missingPages ?? 0;
  expect(missing, 'a time was found in which a part is read').toBeGreaterThan(0);
  expect(summary?.partial?.missingBytes).toBe(missing * 4096);
  const [task] = await readStrictly(image);
  const pages = task?.vmas.flatMap((vma) => vma.pages) ?? [];
  expect(pages.length).toBeGreaterThan(0);
  const faults = patternFaults(target.regions, target.seed, pages);
  expect(
    faults.filter((fault) => !fault.endsWith('is absent')),
    `seed ${target.seed}`,
  ).toEqual([]);
  await expectNotCaptured(image, missing);
});

/** Expects of so many pages that nothing tells what they contain, but why. */
async function expectNotCaptured(image: string, pages: number): Promise<void> {
  const read = await readImage(openFile(image));
  await read.close();
  const vmas = read.tasks.flatMap(({ mm }) => mm?.vmas ?? []);
  const unknown = vmas.flatMap(({ uncaptured }) => uncaptured ?? []);
  expect(new Set(unknown.map(({ reason }) => reason))).toEqual(new Set(['deadline']));
  expect(unknown.reduce((sum, { ranges }) => sum + ranges.totalPages, 0)).toBe(pages);
  const vaddr = vaddrOf(unknown.at(-1)?.ranges.vpn[0] ?? 0);
  const { status, stderr } = await crit(['read', image, `0x${vaddr.toString(16)}`, '8']);
  expect(status).not.toBe(0);
  expect(stderr).toContain('NOT_IN_IMAGE');
  expect(stderr).toContain('the time that the process may stand still was over');
}

test.for(METHODS)('%s: a capture that is stopped itself does not keep the target', RACES, async (method, context) => {
  if (method === 'cgroup') needsCgroup(context);
  const target = await startShapes({ ballastMiB: BALLAST_MIB });
  const directory = scratchDirectory();
  const args = [
    'capture',
    '--freeze',
    method,
    '--max-stop=300ms',
    String(target.pid),
    '-o',
    path.join(directory, 'image'),
  ];
  const child = startCrit(args);
  const outcome = outcomeOf(child);
  const home = cgroupOf(target.pid);
  const isHeld = (): boolean => isStopped(target.pid) || cgroupOf(target.pid) !== home;
  await waitUntil('the capture holds the target', isHeld);
  child.kill('SIGSTOP');
  await waitUntilItRuns(target);
  await expectNoCgroupLeft();
  child.kill('SIGCONT');
  const { status, stderr } = await outcome;
  expect({ status, stderr }).toEqual({ status: 4, stderr: expect.stringContaining('DEADLINE') as unknown });
  expect(fs.readdirSync(directory)).toEqual([]);
});

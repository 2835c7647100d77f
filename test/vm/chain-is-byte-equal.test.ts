import * as fs from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, test } from 'vitest';
import { BUSY_PAGES, expectPreCopied } from '../support/precopy-tests.js';
import { randomChanges } from '../support/random-changes.js';
import { backendsUsed } from '../support/scenarios-report.js';
import { Unavailable, expectChurnIsEqual, testScenarios } from '../support/scenarios-tests.js';
import { DRIVER_ARGUMENTS } from '../support/scenarios.js';
import { SEED } from '../support/seed.js';
import { expectTreeIsEqual } from '../support/tree-tests.js';
import { KERNELS, prepareKernel } from '../support/vm/kernel.mjs';
import { runInVm } from '../support/vm/run.mjs';

/** An idle machine with two cores needs less than three minutes, one that does much else ten times that. */
const GUEST_LIMIT_MS = 1_800_000;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const DRIVERS = [
  'scenarios-driver.mjs',
  'precopy-driver.mjs',
  'tree-driver.mjs',
  'stopped.mjs',
  'crit-runner.mjs',
  'crit-loop.mjs',
];
const PROGRAMS = ['scenarios', 'churn', 'busy', 'sharers'];

/** Increments of churn.c, one on the other. */
const LINKS = Number(process.env['CHURN_LINKS'] ?? 20);
const RANDOM_CHANGES = randomChanges(LINKS);

const CRIT = 'dist/bin/crit.js';
const SMOKE = `node smoke.mjs ${CRIT} ./scenarios /out >/out/smoke.json`;
const PRECOPY = `node precopy-driver.mjs ${CRIT} ./busy /out/precopy ${SEED} ${BUSY_PAGES}`;
const TREE = `node tree-driver.mjs ${CRIT} ./sharers /out/tree`;
const CHURN = `node scenarios-driver.mjs ${CRIT} ./churn /out soft-dirty '${RANDOM_CHANGES}' churn=${SEED}`;
const SCENARIOS = `node scenarios-driver.mjs ${CRIT} ./scenarios /out soft-dirty,digest "$@"`;

/** Everything in one boot, two at a time; the status is of whichever failed. */
const SCRIPT = `${SMOKE} && ${PRECOPY} && ${TREE} && { ${CHURN} & ${SCENARIOS}; status=$?; wait $! && exit $status; }`;

/** What smoke.mjs prints. */
interface Smoke {
  readonly node: string;
  readonly hasSoftDirty: boolean;
  readonly dirtyAtFirst: readonly number[];
  readonly dirtyWhenCleared: readonly number[];
  readonly dirtyWhenStored: readonly number[];
  readonly version: string;
  readonly capture: { readonly status: number; readonly stderr: string };
  readonly show: { readonly status: number; readonly stderr: string; readonly comm: string };
}

async function runGuest(kernel: string, out: string): Promise<void> {
  try {
    prepareKernel(kernel);
  } catch (error) {
    throw new Unavailable(`kernel ${kernel} cannot be fetched: ${String(error).split('\n')[0] ?? ''}`);
  }
  const share = {
    'dist/bin': path.join(ROOT, 'dist/bin'),
    'package.json': path.join(ROOT, 'package.json'),
    ...Object.fromEntries(DRIVERS.map((name) => [name, path.join(ROOT, 'test/support', name)])),
    'smoke.mjs': path.join(ROOT, 'test/vm/smoke.mjs'),
    ...Object.fromEntries(PROGRAMS.map((name) => [name, path.join(inject('targets'), name)])),
  };
  const command = ['sh', '-c', SCRIPT, 'sh', ...DRIVER_ARGUMENTS];
  const { status, stderr } = await runInVm({ kernel, command, share, out, limitMs: GUEST_LIMIT_MS });
  if (status !== 0) throw new Error(`the guest's command ended with ${status}:\n${stderr}`);
}

describe.each(Object.keys(KERNELS))('kernel %s', (kernel) => {
  const run = testScenarios((out) => runGuest(kernel, out), GUEST_LIMIT_MS + 60_000);

  test('the guest has soft-dirty bits, node and crit', (context) => {
    run.skipWithoutMachine(context);
    const file = path.join(run.folder, 'smoke.json');
    // the script beside this file prints exactly this
    const smoke = JSON.parse(fs.readFileSync(file, 'utf8')) as Smoke;
    const { version } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(smoke).toMatchObject({ node: process.version, hasSoftDirty: true, version });
    expect(smoke.dirtyAtFirst).toHaveLength(16);
    expect(smoke.dirtyWhenCleared).toEqual([]);
    expect(smoke.dirtyWhenStored).toEqual([3, 7, 8, 9]);
    expect(smoke.capture, smoke.capture.stderr).toMatchObject({ status: 0 });
    expect(smoke.show, smoke.show.stderr).toMatchObject({ status: 0, comm: 'scenarios' });
  });

  test('what is copied while a process writes is what it has when it stands still', async (context) => {
    run.skipWithoutMachine(context);
    await expectPreCopied(path.join(run.folder, 'precopy'), 'soft-dirty', SEED);
  });

  test('increments of a tree are equal to full captures, and one that is copied while it writes is of one moment', async (context) => {
    run.skipWithoutMachine(context);
    await expectTreeIsEqual(path.join(run.folder, 'tree'));
  });

  test('increments of a process that does random things are equal to full captures', async (context) => {
    const { folder, report } = run.batchOf(context, 'churn');
    expect(report.links).toHaveLength(LINKS);
    expect(backendsUsed(report)).toEqual(report.links.map(() => ['soft-dirty']));
    await expectChurnIsEqual(folder, report);
  });
});

import * as fs from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, test } from 'vitest';
import { Unavailable, expectChurnIsEqual, testScenarios } from '../support/scenarios-tests.js';
import { DRIVER_ARGUMENTS } from '../support/scenarios.js';
import { SEED } from '../support/seed.js';
import { KERNELS, prepareKernel } from '../support/vm/kernel.mjs';
import { runInVm } from '../support/vm/run.mjs';

/** An idle machine with two cores needs a minute and a half, one that does much else ten times that. */
const GUEST_LIMIT_MS = 900_000;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const DRIVERS = ['scenarios-driver.mjs', 'crit-runner.mjs', 'crit-loop.mjs'];

/** Operations of churn.c between captures. */
const RANDOM_CHANGES = ['run 300', 'run 20', 'run 500'];

const SMOKE = 'node smoke.mjs dist/bin/crit.js ./scenarios /out >/out/smoke.json';
const CHURN = `node scenarios-driver.mjs dist/bin/crit.js ./churn /out soft-dirty '${RANDOM_CHANGES.join(',')}' churn=${SEED}`;
const SCENARIOS = 'node scenarios-driver.mjs dist/bin/crit.js ./scenarios /out soft-dirty,digest "$@"';

/** Everything in one boot: it costs as much as ten captures. */
const SCRIPT = [SMOKE, CHURN, SCENARIOS].join(' && ');

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
    scenarios: path.join(inject('targets'), 'scenarios'),
    churn: path.join(inject('targets'), 'churn'),
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

  test('increments of a process that does random things are equal to full captures', async (context) => {
    const { folder, report } = run.batchOf(context, 'churn');
    expect(report.links).toHaveLength(RANDOM_CHANGES.length);
    await expectChurnIsEqual(folder, report);
  });
});

import * as fs from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, test } from 'vitest';
import { Unavailable, testScenarios } from '../support/scenarios-tests.js';
import { DRIVER_ARGUMENTS } from '../support/scenarios.js';
import { skip } from '../support/skip.js';
import { KERNELS, prepareKernel } from '../support/vm/kernel.mjs';
import { runInVm } from '../support/vm/run.mjs';

/** An idle machine with two cores needs a minute and a half. */
const GUEST_LIMIT_MS = 480_000;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const BACKENDS = 'soft-dirty,digest';
const PROGRAMS = ['dist/bin/crit.js', './scenarios', '/out'];

/** Everything in one boot: it costs as much as ten captures. */
const SCRIPT = `node smoke.mjs ${PROGRAMS.join(' ')} >/out/smoke.json && exec node driver.mjs ${PROGRAMS.join(' ')} ${BACKENDS} "$@"`;

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
    'driver.mjs': path.join(ROOT, 'test/support/scenarios-driver.mjs'),
    'smoke.mjs': path.join(ROOT, 'test/vm/smoke.mjs'),
    scenarios: path.join(inject('targets'), 'scenarios'),
  };
  const command = ['sh', '-c', SCRIPT, 'sh', ...DRIVER_ARGUMENTS];
  const { status, stderr } = await runInVm({ kernel, command, share, out, limitMs: GUEST_LIMIT_MS });
  if (status !== 0) throw new Error(`the guest's command ended with ${status}:\n${stderr}`);
}

describe.each(Object.keys(KERNELS))('kernel %s', (kernel) => {
  const folder = testScenarios((out) => runGuest(kernel, out), GUEST_LIMIT_MS + 60_000);

  test('the guest has soft-dirty bits, node and crit', (context) => {
    const file = path.join(folder(), 'smoke.json');
    if (!fs.existsSync(file)) skip(context, 'there is no guest');
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
});

import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { type TestContext, afterAll, beforeAll, expect, test } from 'vitest';
import {
  type Report,
  backendsUsed,
  differencesOfIncrements,
  faultsOfScenario,
  readReport,
} from './scenarios-report.js';
import { ownPagesOf } from './own-pages.js';
import { BATCHES, type Batch, SCENARIOS, ownPagesExpected } from './scenarios.js';
import { SEED } from './seed.js';
import { skip } from './skip.js';

const ALL_BATCHES = Object.keys(BATCHES) as readonly Batch[];

/** Why a machine cannot run the scenarios. */
export class Unavailable extends Error {}

/** A finished run of scenarios-driver.mjs, or the reason why there is none. */
class ScenariosRun {
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'crit-scenarios-'));
  whyNot: string | undefined;

  skipWithoutMachine(context: TestContext): void {
    if (this.whyNot !== undefined) skip(context, this.whyNot);
  }

  batchOf(context: TestContext, batch: string): { readonly folder: string; readonly report: Report } {
    this.skipWithoutMachine(context);
    const folder = path.join(this.folder, batch);
    return { folder, report: readReport(folder) };
  }
}

function skipUnavailable(context: TestContext, { unavailable }: Report, scenario: string): void {
  const lacking = unavailable.find((one) => one.scenario === scenario);
  if (lacking) skip(context, lacking.why);
}

/** Each area has one store before the second increment, which soft-dirty makes with `--exact`. */
async function expectNoMoreThanChanged(folder: string, report: Report, batch: Batch, scenario: string): Promise<void> {
  for (const backend of report.backends) {
    const expected = ownPagesExpected(scenario, backend);
    const first = await ownPagesOf(folder, report, { number: 1, backend, scenario });
    if (expected) expect(first, backend).toEqual(expected);
    if (batch === 'shared') continue;
    const second = await ownPagesOf(folder, report, { number: 2, backend, scenario });
    expect(second, `${backend}, exactly`).toEqual(second.map(() => 1));
  }
}

/** Expects of a run of churn.c that every image, and every increment through its parents, is what the process found itself. */
export async function expectChurnIsEqual(folder: string, report: Report): Promise<void> {
  expect(await faultsOfScenario(folder, report, 'churn'), `seed ${SEED}`).toEqual([]);
  expect(await differencesOfIncrements(folder, report), `seed ${SEED}`).toEqual([]);
}

/**
 * Declares the tests of change tracking on one machine: whatever a target does between two captures, the increment reads as a
 * full capture does and as the target itself finds its memory.
 *
 * @param start   runs scenarios-driver.mjs into a folder
 * @param limitMs how long that may take
 */
export function testScenarios(start: (folder: string) => Promise<void>, limitMs: number): ScenariosRun {
  const run = new ScenariosRun();
  beforeAll(async () => {
    try {
      await start(run.folder);
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      run.whyNot = error.message;
    }
  }, limitMs);
  afterAll(() => {
    if (process.env['KEEP_SCENARIOS'] === undefined) fs.rmSync(run.folder, { recursive: true });
    else console.log(`kept: ${run.folder}`);
  });

  test.for(SCENARIOS)('%s memory reads as the target has it: %s', async ([batch, scenario], context) => {
    const { folder, report } = run.batchOf(context, batch);
    skipUnavailable(context, report, scenario);
    expect(await faultsOfScenario(folder, report, scenario)).toEqual([]);
  });

  test.for(SCENARIOS)('%s memory is written as far as it has changed: %s', async ([batch, scenario], context) => {
    const { folder, report } = run.batchOf(context, batch);
    skipUnavailable(context, report, scenario);
    await expectNoMoreThanChanged(folder, report, batch, scenario);
  });

  test.for(ALL_BATCHES)('every increment is equal to the full capture of its moment: %s', async (batch, context) => {
    const { folder, report } = run.batchOf(context, batch);
    expect(await differencesOfIncrements(folder, report)).toEqual([]);
  });

  test.for(ALL_BATCHES)('changes are found in the way that was asked for: %s', (batch, context) => {
    const { report } = run.batchOf(context, batch);
    expect(backendsUsed(report)).toEqual(report.links.map(() => report.backends));
  });
  return run;
}

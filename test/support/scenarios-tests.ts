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
import { BATCHES, type Batch, OF_SHARED_FILES, SCENARIOS } from './scenarios.js';
import { SEED } from './seed.js';
import { skip } from './skip.js';

const ALL_BATCHES = Object.keys(BATCHES) as readonly Batch[];

const NO_SHARED = 'crit capture has no --tree: contents of shared memory are not captured';

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

function skipUnlessAble(context: TestContext, report: Report, batch: Batch, scenario: string): void {
  const lacking = report.unavailable.find((one) => one.scenario === scenario);
  if (lacking) skip(context, lacking.why);
  if (batch === 'shared' && !report.abilities.shared && !OF_SHARED_FILES.includes(scenario)) skip(context, NO_SHARED);
  if (scenario === 'hugetlb' && !report.abilities.hugetlb)
    skip(context, 'crit capture has no --include: contents of huge pages are not captured');
}

function skipWithoutIncrements(context: TestContext, report: Report): void {
  if (report.backends.length === 0) skip(context, 'there is no crit capture --parent or no crit chain');
}

/** Expects of a run of churn.c that every image, and every increment through its parents, is what the process found itself. */
export async function expectChurnIsEqual(context: TestContext, folder: string, report: Report): Promise<void> {
  if (!report.abilities.shared) skip(context, NO_SHARED);
  expect(await faultsOfScenario(folder, report, 'churn'), `seed ${SEED}`).toEqual([]);
  skipWithoutIncrements(context, report);
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
    skipUnlessAble(context, report, batch, scenario);
    expect(await faultsOfScenario(folder, report, scenario)).toEqual([]);
  });

  test.for(ALL_BATCHES)('every increment is equal to the full capture of its moment: %s', async (batch, context) => {
    const { folder, report } = run.batchOf(context, batch);
    skipWithoutIncrements(context, report);
    expect(await differencesOfIncrements(folder, report)).toEqual([]);
  });

  test.for(ALL_BATCHES)('changes are found in the way that was asked for: %s', (batch, context) => {
    const { report } = run.batchOf(context, batch);
    skipWithoutIncrements(context, report);
    expect(backendsUsed(report)).toEqual(report.links.map(() => report.backends));
  });
  return run;
}

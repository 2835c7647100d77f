import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { type TestContext, afterAll, beforeAll, expect, test } from 'vitest';
import { type Report, faultsOfScenario, imageOf, readReport } from './scenarios-report.js';
import { critExpecting } from './cli.js';
import { BATCHES, type Batch, OF_SHARED_FILES, SCENARIOS } from './scenarios.js';
import { skip } from './skip.js';

const ALL_BATCHES = Object.keys(BATCHES) as readonly Batch[];

/** Why a machine cannot run the scenarios. */
export class Unavailable extends Error {}

/** A finished run of scenarios-driver.mjs, or the reason why there is none. */
class ScenariosRun {
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'crit-scenarios-'));
  whyNot: string | undefined;

  batchOf(context: TestContext, batch: Batch): { readonly folder: string; readonly report: Report } {
    if (this.whyNot !== undefined) skip(context, this.whyNot);
    const folder = path.join(this.folder, batch);
    return { folder, report: readReport(folder) };
  }
}

function skipUnlessAble(context: TestContext, report: Report, batch: Batch, scenario: string): void {
  const lacking = report.unavailable.find((one) => one.scenario === scenario);
  if (lacking) skip(context, lacking.why);
  if (batch === 'shared' && !report.abilities.shared && !OF_SHARED_FILES.includes(scenario))
    skip(context, 'crit capture has no --tree: contents of shared memory are not captured');
  if (scenario === 'hugetlb' && !report.abilities.hugetlb)
    skip(context, 'crit capture has no --include: contents of huge pages are not captured');
}

/**
 * Declares the tests of change tracking on one machine: whatever a target does between two captures, the increment reads as a
 * full capture does and as the target itself finds its memory.
 *
 * @param start   runs scenarios-driver.mjs into a folder
 * @param limitMs how long that may take
 */
export function testScenarios(start: (folder: string) => Promise<void>, limitMs: number): () => string {
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
    if (report.backends.length === 0) skip(context, 'crit capture has no --parent');
    for (const number of report.links.keys())
      for (const backend of report.backends) {
        const full = imageOf(folder, number + 1, 'full');
        await critExpecting(0, ['digest', imageOf(folder, number + 1, backend), full]);
      }
  });
  return () => run.folder;
}

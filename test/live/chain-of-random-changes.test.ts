import { execFile } from 'node:child_process';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { expect, inject, test } from 'vitest';
import { CRIT } from '../support/cli.js';
import { readReport } from '../support/scenarios-report.js';
import { expectChurnIsEqual } from '../support/scenarios-tests.js';
import { scratchDirectory } from '../support/scratch.js';
import { SEED } from '../support/seed.js';

const DRIVER = fileURLToPath(new URL('../support/scenarios-driver.mjs', import.meta.url));

/** CHURN_LINKS=20 for the length that is promised. */
const LINKS = Number(process.env['CHURN_LINKS'] ?? 5);
const LINK_LIMIT_MS = 20_000;

/** Numbers of operations between captures. */
function randomChanges(): string {
  const [counts] = fc.sample(fc.array(fc.integer({ min: 1, max: 500 }), { minLength: LINKS, maxLength: LINKS }), {
    seed: SEED,
    numRuns: 1,
  });
  return (counts ?? []).map((count) => `run ${count}`).join(',');
}

test(
  `${LINKS} increments of a process that does random things are equal to full captures`,
  async () => {
    const out = scratchDirectory();
    const program = path.join(inject('targets'), 'churn');
    const args = [DRIVER, CRIT, program, out, 'digest', randomChanges(), `churn=${SEED}`];
    await promisify(execFile)(process.execPath, args);
    const folder = path.join(out, 'churn');
    const report = readReport(folder);
    expect(report.links).toHaveLength(LINKS);
    await expectChurnIsEqual(folder, report);
  },
  LINKS * LINK_LIMIT_MS,
);

import { execFile } from 'node:child_process';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';
import { CRIT } from '../support/cli.js';
import { randomChanges } from '../support/random-changes.js';
import { readReport } from '../support/scenarios-report.js';
import { expectChurnIsEqual } from '../support/scenarios-tests.js';
import { scratchDirectory } from '../support/scratch.js';
import { SEED } from '../support/seed.js';

const DRIVER = fileURLToPath(new URL('../support/scenarios-driver.mjs', import.meta.url));

const LINKS = Number(process.env['CHURN_LINKS'] ?? 20);
const LINK_LIMIT_MS = 20_000;

test(
  `${LINKS} increments of a process that does random things are equal to full captures`,
  async () => {
    const out = scratchDirectory();
    const program = path.join(inject('targets'), 'churn');
    const args = [DRIVER, CRIT, program, out, 'digest', randomChanges(LINKS), `churn=${SEED}`];
    await promisify(execFile)(process.execPath, args);
    const folder = path.join(out, 'churn');
    const report = readReport(folder);
    expect(report.links).toHaveLength(LINKS);
    await expectChurnIsEqual(folder, report);
  },
  LINKS * LINK_LIMIT_MS,
);

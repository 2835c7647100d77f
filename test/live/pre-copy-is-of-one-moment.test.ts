import { execFile } from 'node:child_process';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inject, test } from 'vitest';
import { CRIT } from '../support/cli.js';
import { BUSY_PAGES, expectPreCopied } from '../support/precopy-tests.js';
import { scratchDirectory } from '../support/scratch.js';
import { SEED } from '../support/seed.js';

const DRIVER = fileURLToPath(new URL('../support/precopy-driver.mjs', import.meta.url));

test('what is copied while a process writes is what it has when it stands still', async () => {
  const out = scratchDirectory();
  const busy = path.join(inject('targets'), 'busy');
  await promisify(execFile)(process.execPath, [DRIVER, CRIT, busy, out, String(SEED), String(BUSY_PAGES)]);
  await expectPreCopied(out, 'digest', SEED);
});

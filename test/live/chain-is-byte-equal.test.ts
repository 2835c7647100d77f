import { execFile, execFileSync } from 'node:child_process';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, inject, test } from 'vitest';
import { testScenarios } from '../support/scenarios-tests.js';
import { CRIT } from '../support/cli.js';
import { DRIVER_ARGUMENTS, SCENARIOS } from '../support/scenarios.js';

const DRIVER = fileURLToPath(new URL('../support/scenarios-driver.mjs', import.meta.url));
const LIMIT_MS = 120_000;

const target = (): string => path.join(inject('targets'), 'scenarios');

test('every scenario of scenarios.c is tested', () => {
  const listed = execFileSync(target(), ['--list'], { encoding: 'utf8' }).trim().split('\n');
  expect(SCENARIOS.map(([, scenario]) => scenario).sort()).toEqual(listed.sort());
});

describe('this kernel, by digest', () => {
  testScenarios(async (folder) => {
    const args = [DRIVER, CRIT, target(), folder, 'digest', ...DRIVER_ARGUMENTS];
    await promisify(execFile)(process.execPath, args);
  }, LIMIT_MS);
});

/**
 * Runs the groups of tests one after the other and says by name which cannot run here.
 *
 *   node test/support/run-groups.mjs [GROUP...]     all groups when none is named
 *
 * With TEST_RESULTS=DIR each group leaves DIR/GROUP[.TEST_LABEL].json: { group, passed, failed, skipped: [{ name, reason }] }.
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const works = (command, ...args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

function whyNoLive() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'needs Linux on x86-64';
  if (!fs.existsSync('/proc/self/pagemap')) return 'needs /proc/PID/pagemap';
  if (!works('cc', '--version')) return 'needs a C compiler (cc)';
  if (!works('python3', '--version')) return 'needs python3';
  return undefined;
}

function whyNoVm() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'needs Linux on x86-64';
  if (process.getuid() !== 0) return 'needs root (packages of kernels are fetched and unpacked)';
  const programs = {
    cc: '--version',
    'qemu-system-x86_64': '--version',
    busybox: '--list',
    cpio: '--version',
    xz: '--version',
  };
  const missing = Object.entries({ ...programs, 'apt-get': '--version', 'dpkg-deb': '--version' })
    .filter(([program, option]) => !works(program, option))
    .map(([program]) => program);
  return missing.length > 0 ? `needs ${missing.join(', ')}` : undefined;
}

/** In the order they run; `whyNot` gives the reason when a group cannot run here. */
const GROUPS = [
  { name: 'unit', whyNot: () => undefined },
  { name: 'live', whyNot: whyNoLive },
  { name: 'vm', whyNot: whyNoVm },
];

function readReport(file) {
  if (!fs.existsSync(file)) return { testResults: [] };
  return JSON.parse(fs.readFileSync(file, 'utf8'));
}

/** A file that could not even be loaded counts as one failure. */
function tally(report) {
  const files = report.testResults;
  const tests = files.flatMap((file) => file.assertionResults);
  const count = (status) => tests.filter((test) => test.status === status).length;
  const unloaded = files.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length;
  const skipped = tests
    .filter((test) => test.status !== 'passed' && test.status !== 'failed')
    .map((test) => ({ name: test.fullName, reason: test.meta?.skipReason ?? 'no reason given' }));
  return { passed: count('passed'), failed: count('failed') + unloaded, skipped };
}

function runGroup(group, reportFile) {
  const vitest = path.join(ROOT, 'node_modules/vitest/vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];
  const run = spawnSync(process.execPath, [vitest, 'run', '--project', group.name, ...reporters], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  const result = tally(readReport(reportFile));
  // an error outside every test (unhandled rejection, no test found) shows in the exit status alone
  const failed = run.status !== 0 && result.failed === 0 ? 1 : result.failed;
  return { group: group.name, ...result, failed };
}

function keep(result) {
  const directory = process.env.TEST_RESULTS;
  if (directory === undefined) return;
  const label = process.env.TEST_LABEL === undefined ? '' : `.${process.env.TEST_LABEL}`;
  fs.writeFileSync(path.join(directory, `${result.group}${label}.json`), JSON.stringify(result, undefined, 2));
}

function runOrSkip(group, scratch) {
  const reason = group.whyNot();
  if (reason === undefined) return runGroup(group, path.join(scratch, `${group.name}.json`));
  console.log(`SKIPPED group ${group.name}: ${reason}`);
  return { group: group.name, passed: 0, failed: 0, skipped: [{ name: `group ${group.name}`, reason }] };
}

function main(names) {
  const unknown = names.filter((name) => !GROUPS.some((group) => group.name === name));
  if (unknown.length > 0) throw new Error(`no such group: ${unknown.join(', ')}`);
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'crit-groups-'));
  try {
    const wanted = GROUPS.filter((group) => names.length === 0 || names.includes(group.name));
    const results = wanted.map((group) => runOrSkip(group, scratch));
    results.forEach(keep);
    for (const { group, skipped } of results)
      for (const { name, reason } of skipped) if (name !== `group ${group}`) console.log(`SKIPPED ${name}: ${reason}`);
    process.exitCode = results.some((result) => result.failed > 0) ? 1 : 0;
  } finally {
    fs.rmSync(scratch, { recursive: true });
  }
}

main(process.argv.slice(2));

/**
 * What the tests of soft-dirty tracking stand on, tried in the guest: node smoke.mjs CRIT SCENARIOS OUT
 * Prints JSON.
 */
import { spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { createInterface } from 'node:readline';

const [crit, scenarios, out] = process.argv.slice(2);

const AREA_START = 0x200000000000;
const AREA_PAGES = 16;
const PAGE_BYTES = 4096;
const SOFT_DIRTY = 1n << 55n;

const runCrit = (...args) => spawnSync(process.execPath, [crit, ...args], { encoding: 'utf8' });

/** Which pages of the target's only area have bit 55. */
function dirtyPages(pid) {
  const entries = Buffer.alloc(AREA_PAGES * 8);
  const pagemap = fs.openSync(`/proc/${pid}/pagemap`);
  fs.readSync(pagemap, entries, 0, entries.length, (AREA_START / PAGE_BYTES) * 8);
  fs.closeSync(pagemap);
  return [...Array(AREA_PAGES).keys()].filter((i) => (entries.readBigUInt64LE(i * 8) & SOFT_DIRTY) !== 0n);
}

const hasSoftDirty = / sd\b/.test(fs.readFileSync('/proc/self/smaps', 'latin1'));
const target = spawn(scenarios, ['store'], { stdio: ['pipe', 'pipe', 'inherit'] });
const lines = createInterface({ input: target.stdout })[Symbol.asyncIterator]();
await lines.next();
const dirtyAtFirst = dirtyPages(target.pid);
fs.writeFileSync(`/proc/${target.pid}/clear_refs`, '4');
const dirtyWhenCleared = dirtyPages(target.pid);
target.stdin.write('change\n');
await lines.next();
const dirtyWhenStored = dirtyPages(target.pid);
const image = path.join(out, 'smoke.img');
const capture = runCrit('capture', String(target.pid), '-o', image);
const show = runCrit('show', image, '--json');
target.kill('SIGKILL');
console.log(
  JSON.stringify({
    node: process.version,
    hasSoftDirty,
    dirtyAtFirst,
    dirtyWhenCleared,
    dirtyWhenStored,
    version: runCrit('--version').stdout.trim(),
    capture: { status: capture.status, stderr: capture.stderr },
    show: { status: show.status, stderr: show.stderr, comm: JSON.parse(show.stdout).tasks[0].comm },
  }),
);

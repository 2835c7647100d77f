/** Incremental captures by soft-dirty bits, and pre-copies, against full captures: all in one virtual machine. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { KERNELS, prepareKernel } from '../test/support/vm/kernel.mjs';
import { runInVm } from '../test/support/vm/run.mjs';
import { compare, compile, limitSize, wall } from './measure.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MIB = 1024 * 1024;

/** Of a hundredth of all pages that were changed. */
const GOALS = { stop: 0.1, sizeRatio: 0.013, sizeMiB: 2 };
/** An emulated machine is ten times slower than this one. */
const MAX_ROUNDS = 3;
const LIMIT_MS = 1_800_000;

const stops = (samples) => samples.map((sample) => sample.stopMs);

async function measureIn(kernel, { directory, mib, rounds, target }) {
  const out = fs.mkdtempSync(path.join(directory, 'vm-'));
  const share = {
    'dist/bin': path.join(ROOT, 'dist/bin'),
    'package.json': path.join(ROOT, 'package.json'),
    'incremental-guest.mjs': path.join(ROOT, 'bench/incremental-guest.mjs'),
    target,
  };
  const command = ['node', 'incremental-guest.mjs', 'dist/bin/crit.js', './target', String(mib), String(rounds)];
  // the process, its image, a copy of it, and what the system needs; files may take half of it
  const memoryMib = 4 * mib + 1536;
  const { status, stdout, stderr } = await runInVm({ kernel, command, share, out, limitMs: LIMIT_MS, memoryMib });
  if (status !== 0) throw new Error(`in the guest: ${status}\n${stderr}`);
  return JSON.parse(stdout);
}

function linesOf(kernel, { full, incremental, preCopy }) {
  const wholeMiB = Math.max(...full.map(({ bytes }) => bytes)) / MIB;
  const size = { ours: incremental, goalMiB: wholeMiB * GOALS.sizeRatio + GOALS.sizeMiB };
  return [
    compare(`${kernel} incremental: stopped / full capture`, stops(incremental), stops(full), GOALS.stop),
    compare(`${kernel} pre-copy: stopped / full capture`, stops(preCopy), stops(full), GOALS.stop),
    compare(`${kernel} incremental / full capture`, wall(incremental), wall(full)),
    compare(`${kernel} pre-copy / full capture`, wall(preCopy), wall(full)),
    limitSize(`${kernel} incremental image of ${wholeMiB.toFixed(0)} MiB`, size.ours, size.goalMiB),
  ];
}

export async function benchIncremental(bench) {
  const rounds = Math.min(bench.rounds, MAX_ROUNDS);
  const target = compile('target', bench.directory, ['-static']);
  const samples = {};
  for (const kernel of Object.keys(KERNELS)) {
    try {
      prepareKernel(kernel);
    } catch (error) {
      console.log(`SKIPPED incremental on kernel ${kernel}: ${error.message}`);
      continue;
    }
    samples[kernel] = await measureIn(kernel, { ...bench, rounds, target });
  }
  return { samples, lines: Object.entries(samples).flatMap(([kernel, found]) => linesOf(kernel, found)) };
}

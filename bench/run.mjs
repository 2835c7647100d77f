/**
 * Measures crit against other programs that do the same work, in one run, interleaved.
 *
 *   npm run bench -- [-n ROUNDS] [--mib MIB] [--sparse-gib GIB] [PART...]     all parts when none is named
 *
 * BENCH_DIR is where the images are made (default: the system's folder for temporary files); it needs about four times
 * MIB, and so does /dev/shm for `convert`. Writes bench/out/results.json.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { benchCapture } from './capture.mjs';
import { benchConvert } from './convert.mjs';
import { benchDiff } from './diff.mjs';
import { benchDigest } from './digest.mjs';
import { benchIncremental } from './incremental.mjs';
import { benchLimits } from './limits.mjs';
import { compile } from './measure.mjs';
import { benchRead } from './read.mjs';
import { benchSearch } from './search.mjs';
import { benchShow } from './show.mjs';
import { benchStart } from './start.mjs';
import { formatLines } from './table.mjs';
import { benchVerify } from './verify.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** In the order they run; those with a target capture a process, which the last of them changes. */
const TABLE = [
  { name: 'limits', measure: benchLimits },
  { name: 'start', measure: benchStart },
  { name: 'capture', hasTarget: true, measure: benchCapture },
  { name: 'convert', hasTarget: true, measure: benchConvert },
  { name: 'digest', hasTarget: true, measure: benchDigest },
  { name: 'verify', hasTarget: true, measure: benchVerify },
  { name: 'search', hasTarget: true, measure: benchSearch },
  { name: 'diff', hasTarget: true, measure: benchDiff },
  { name: 'show', measure: benchShow },
  { name: 'read', measure: benchRead },
  { name: 'incremental', measure: benchIncremental },
];
const PARTS = TABLE.map(({ name }) => name);

function parseCommandLine() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', short: 'n', default: '7' },
      mib: { type: 'string', default: '1024' },
      'sparse-gib': { type: 'string', default: '100' },
    },
  });
  const unknown = positionals.filter((part) => !PARTS.includes(part));
  if (unknown.length > 0) throw new Error(`no such part: ${unknown.join(', ')}`);
  const parts = positionals.length > 0 ? positionals : PARTS;
  return { rounds: Number(values.rounds), mib: Number(values.mib), sparseGiB: Number(values['sparse-gib']), parts };
}

async function startTarget(program, mib) {
  const child = spawn(program, [String(mib)], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

function describeMachine(directory) {
  const fileSystem = execFileSync('df', ['--output=fstype,source', directory], { encoding: 'utf8' });
  return {
    node: process.version,
    kernel: os.release(),
    cpus: `${os.cpus().length} x ${os.cpus()[0]?.model ?? 'unknown'}`,
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    directory,
    fileSystem: fileSystem.trim().split('\n')[1]?.trim().replace(/\s+/, ' on '),
  };
}

async function measure(bench, options) {
  const wanted = TABLE.filter(({ name }) => options.parts.includes(name));
  const target = wanted.some(({ hasTarget }) => hasTarget)
    ? await startTarget(compile('target', bench.directory), options.mib)
    : undefined;
  const results = {};
  try {
    for (const { name, measure: measurePart, hasTarget } of wanted)
      results[name] = await (hasTarget ? measurePart(bench, target) : measurePart(bench));
  } finally {
    target?.kill('SIGKILL');
  }
  return results;
}

async function main() {
  const options = parseCommandLine();
  const directory = fs.mkdtempSync(path.join(process.env.BENCH_DIR ?? os.tmpdir(), 'crit-bench-'));
  try {
    const crit = [process.execPath, path.join(ROOT, 'dist/bin/crit.js')];
    const bench = { ...options, directory, crit, rusage: compile('rusage', directory) };
    const machine = describeMachine(directory);
    console.log(`target of ${options.mib} MiB, medians of ${options.rounds}, page cache warm`);
    console.log(`${machine.cpus}, ${machine.memoryGiB} GiB, Linux ${machine.kernel}, Node ${machine.node}`);
    console.log(`files in ${directory} (${machine.fileSystem})\n`);
    const results = await measure(bench, options);
    const lines = Object.values(results).flatMap((result) => result.lines);
    console.log(formatLines(lines));
    const out = path.join(ROOT, 'bench/out');
    fs.mkdirSync(out, { recursive: true });
    const text = JSON.stringify({ machine, options, lines, results }, undefined, 2);
    fs.writeFileSync(path.join(out, 'results.json'), `${text}\n`);
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
}

await main();

/**
 * Captures test/targets/scenarios.c or churn.c before and after its memory changes. Runs in the virtual machine as well as beside us.
 *
 *   node scenarios-driver.mjs CRIT PROGRAM OUT BACKEND[,BACKEND...] CHANGE[,CHANGE...] BATCH=ARGUMENT,ARGUMENT... [BATCH=...]
 *
 * Every batch is one process that is told the changes, and leaves a folder OUT/BATCH:
 *   0.img            before any change
 *   N.BACKEND.img    after the change N, an increment to the one before; N.full.img is all, captured at the same stop
 *   N.record         what the process itself then finds in its memory
 *   report.json      what was said meanwhile
 * Without `crit capture --parent` and `crit chain` there are no increments.
 */
import { execFile, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { createInterface } from 'node:readline';

const [crit, program, out, backends, changeList, ...batches] = process.argv.slice(2);

/** What the program is told, one after the other. */
const changes = changeList.split(',');

const STOP_LIMIT_MS = 20_000;
const POLL_MS = 5;

function runCrit(...args) {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [crit, ...args], (_error, stdout, stderr) =>
      resolve({ args, status: child.exitCode, stdout, stderr }),
    );
  });
}

async function stop(pid) {
  process.kill(pid, 'SIGSTOP');
  const end = Date.now() + STOP_LIMIT_MS;
  while (!/\) T /.test(fs.readFileSync(`/proc/${pid}/stat`, 'latin1'))) {
    if (Date.now() > end) throw new Error(`${pid} does not stop`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** A running target; `ask` sends a line and gives what it says up to the line that ends an answer. */
async function startTarget(scenarios) {
  const child = spawn(program, scenarios, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (last) => {
    const said = [];
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error(`the target ended after ${JSON.stringify(said)}`);
      if (value === last) return said;
      said.push(value);
    }
  };
  const ask = (line) => {
    child.stdin.write(`${line}\n`);
    return answer('done');
  };
  return { child, pid: child.pid, ask, said: await answer('ready') };
}

function unavailableOf(lines) {
  const matches = lines.map((line) => /^unavailable (\S+) (.*)$/.exec(line)).filter((match) => match !== null);
  return matches.map(([, scenario, why]) => ({ scenario, why }));
}

function areasOf(lines) {
  const matches = lines.map((line) => /^area (\S+) (\S+) (\d+) (zero|file)$/.exec(line));
  return matches.map(([, scenario, start, pages, absent]) => ({ scenario, start, pages: Number(pages), absent }));
}

/** All captures of one moment. */
async function captureLink(pid, folder, number, wanted) {
  const image = (n, name) => path.join(folder, n === 0 ? '0.img' : `${n}.${name}.img`);
  const captures = [];
  for (const name of wanted) {
    const increment = ['--parent', image(number - 1, name), '--track', name];
    captures.push({
      name,
      ...(await runCrit('capture', String(pid), '-o', image(number, name), ...increment, '--json')),
    });
  }
  const full = await runCrit('capture', String(pid), '-o', image(number, 'full'), '--json');
  return [...captures, { name: 'full', ...full }];
}

async function runLink(target, folder, number, wanted) {
  await target.ask(changes[number - 1]);
  await stop(target.pid);
  const captures = await captureLink(target.pid, folder, number, wanted);
  process.kill(target.pid, 'SIGCONT');
  return { captures, areas: areasOf(await target.ask(`record ${path.join(folder, `${number}.record`)}`)) };
}

async function runBatch(name, scenarios, wanted) {
  const folder = path.join(out, name);
  fs.mkdirSync(folder, { recursive: true });
  const target = await startTarget(scenarios);
  try {
    const track = wanted.length > 0 ? ['--track', wanted[0]] : [];
    const base = await runCrit('capture', String(target.pid), '-o', path.join(folder, '0.img'), ...track, '--json');
    const links = [];
    for (let number = 1; number <= changes.length; number++) links.push(await runLink(target, folder, number, wanted));
    const report = {
      backends: wanted,
      abilities,
      unavailable: unavailableOf(target.said),
      base,
      links,
    };
    fs.writeFileSync(path.join(folder, 'report.json'), JSON.stringify(report, undefined, 2));
  } finally {
    target.child.kill('SIGKILL');
  }
}

const help = (await runCrit('capture', '--help')).stdout;
const commands = (await runCrit('--help')).stdout;
// what is left to a parent must be readable, too
const isIncremental = help.includes('--parent') && commands.includes('crit chain');
const wanted = isIncremental ? backends.split(',') : [];
const abilities = { shared: help.includes('--tree'), hugetlb: help.includes('--include') };
const run = (batch) => {
  const [name, scenarios] = batch.split('=');
  return runBatch(name, scenarios.split(','), wanted);
};
// side by side: most of a capture's time goes by in one thread
await Promise.all(batches.map(run));

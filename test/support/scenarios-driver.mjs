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
 * A change written as CHANGE:exact is captured with --exact by soft-dirty.
 */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { CritLoop } from './crit-runner.mjs';
import { stop } from './stopped.mjs';

const [crit, program, out, backends, changeList, ...batches] = process.argv.slice(2);

/** What the program is told, one after the other. */
const changes = changeList.split(',').map((change) => change.split(':'));
const wanted = backends.split(',');

/** A running target; `ask` sends a line and gives what it says up to the line that ends an answer. */
async function startTarget(scenarios) {
  // flags of a descriptor that it shares with us might change while it stands still
  const child = spawn(program, scenarios, { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stderr.pipe(process.stderr);
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
async function captureLink({ pid, loop, folder }, number, options) {
  const image = (n, name) => path.join(folder, n === 0 ? '0.img' : `${n}.${name}.img`);
  const capture = (name, ...words) => loop.run('capture', String(pid), '-o', image(number, name), ...words, '--json');
  const captures = [];
  for (const name of wanted) {
    const increment = ['--parent', image(number - 1, name), '--track', name];
    const exact = name === 'soft-dirty' && options.includes('exact') ? ['--exact'] : [];
    captures.push({ name, ...(await capture(name, ...increment, ...exact)) });
  }
  return [...captures, { name: 'full', ...(await capture('full')) }];
}

async function runLink(batch, number) {
  const { target, folder } = batch;
  const [change, ...options] = changes[number - 1];
  await target.ask(change);
  await stop(target.pid);
  const captures = await captureLink({ ...batch, pid: target.pid }, number, options);
  process.kill(target.pid, 'SIGCONT');
  return { captures, areas: areasOf(await target.ask(`record ${path.join(folder, `${number}.record`)}`)) };
}

async function runBatch(name, scenarios) {
  const folder = path.join(out, name);
  fs.mkdirSync(folder, { recursive: true });
  const loop = new CritLoop(crit, folder);
  const target = await startTarget(scenarios);
  try {
    const first = ['-o', path.join(folder, '0.img'), '--track', wanted[0]];
    const base = await loop.run('capture', String(target.pid), ...first, '--json');
    const links = [];
    for (let number = 1; number <= changes.length; number++)
      links.push(await runLink({ target, loop, folder }, number));
    const report = { backends: wanted, unavailable: unavailableOf(target.said), base, links };
    fs.writeFileSync(path.join(folder, 'report.json'), JSON.stringify(report, undefined, 2));
  } finally {
    target.child.kill('SIGKILL');
    loop.close();
  }
}

const run = (batch) => {
  const [name, scenarios] = batch.split('=');
  return runBatch(name, scenarios.split(','));
};
// side by side: most of a capture's time goes by in one thread
await Promise.all(batches.map(run));

/**
 * Captures the processes of test/targets/sharers.c in a chain by soft-dirty bits. Runs in the virtual machine.
 *
 *   node tree-driver.mjs CRIT SHARERS OUT
 *
 * Leaves in OUT
 *   0.img              all of them before any change
 *   N.soft-dirty.img   after the change N, an increment to the one before; N.full.img is all, captured at the same stop
 *   busy.img           copied while all of them write, an increment to the last
 *   report.json        what was said meanwhile, and what the target told of itself
 */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { CritLoop } from './crit-runner.mjs';
import { stop } from './stopped.mjs';

const [crit, program, out] = process.argv.slice(2);

const CHILDREN = '3';
const OWN_PAGES = 300;
/**
 * Private pages of all and shared ones; shared ones by a child that ends; a new child; a child that ends; and nothing. The last two
 * captures compare what has changed.
 */
const CHANGES = [['w', 'p'], ['f', 'w'], ['c', 'w'], ['k', 'w'], ['w', 'p'], []];
const EXACT_FROM = 4;

fs.mkdirSync(out, { recursive: true });
const image = (name) => path.join(out, name);
const loop = new CritLoop(crit, out);
const target = spawn(program, ['--children', CHILDREN, '--gone', '1', '--own', String(OWN_PAGES), out], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const lines = createInterface({ input: target.stdout })[Symbol.asyncIterator]();

async function nextLine() {
  const { value, done } = await lines.next();
  if (done) throw new Error('sharers ended early');
  return value;
}

async function announced() {
  const objects = [];
  for (;;) {
    const said = JSON.parse(await nextLine());
    if ('ready' in said) return { objects, pid: said.ready, own: said.own };
    objects.push(said);
  }
}

async function ask(letter) {
  target.stdin.write(`${letter}\n`);
  await nextLine();
}

function pidsOf(root) {
  const children = fs.readFileSync(`/proc/${root}/task/${root}/children`, 'latin1').match(/\d+/g) ?? [];
  return [root, ...children.map(Number)];
}

try {
  const { objects, pid, own } = await announced();
  const capture = async (name, file, ...words) => {
    const args = ['capture', '--tree', String(pid), '-o', image(file), '--json', ...words];
    return { name, ...(await loop.run(...args)) };
  };
  const base = await capture('base', '0.img', '--track', 'soft-dirty');
  let parent = image('0.img');
  const links = [];
  for (const [i, letters] of CHANGES.entries()) {
    for (const letter of letters) await ask(letter);
    const pids = pidsOf(pid);
    for (const one of pids) await stop(one);
    const file = `${i + 1}.soft-dirty.img`;
    const exact = i >= EXACT_FROM ? ['--exact'] : [];
    const increment = await capture('soft-dirty', file, '--parent', parent, '--track', 'soft-dirty', ...exact);
    const full = await capture('full', `${i + 1}.full.img`);
    for (const one of pids) process.kill(one, 'SIGCONT');
    links.push({ captures: [increment, full], areas: [], pids });
    parent = image(file);
  }
  await ask('b');
  const pids = pidsOf(pid);
  const busy = await capture('busy', 'busy.img', '--parent', parent, '--pre-copy=3', '--until-pages', '0');
  const report = {
    backends: ['soft-dirty'],
    unavailable: [],
    base,
    links,
    busy,
    objects,
    own,
    ownPages: OWN_PAGES,
    pids,
  };
  fs.writeFileSync(image('report.json'), JSON.stringify(report, undefined, 2));
} finally {
  target.kill('SIGKILL');
  loop.close();
}

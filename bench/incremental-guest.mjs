/**
 * Captures a process in the virtual machine: as a whole, what has changed of it, and with the most copied before the stop.
 *
 *   node incremental-guest.mjs CRIT TARGET MIB ROUNDS     prints JSON: { full, incremental, preCopy }, a sample a round
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';

const [crit, program, mib, rounds] = process.argv.slice(2);

/** Every hundredth page is changed at once. */
const NTH_PAGE = '100';
/** How often they are changed while they are copied, so that some are after their first copy. */
const CHANGE_EVERY_MS = 200;

// of a large page soft-dirty bits only tell that some of its 512 are changed: here that would be all of them
const target = spawn(program, [mib, NTH_PAGE, 'small'], { stdio: ['ignore', 'pipe', 'inherit'] });
await once(target.stdout, 'data');

async function change() {
  target.kill('SIGUSR1');
  await once(target.stdout, 'data');
}

async function capture(file, ...options) {
  const start = performance.now();
  const words = [crit, 'capture', String(target.pid), '-o', file, '--json', ...options];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (piece) => (text += piece));
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status}`);
  const { stoppedNs, tracking, preCopy } = JSON.parse(text);
  const bytes = fs.statSync(file).size;
  return { wallMs: performance.now() - start, stopMs: stoppedNs / 1e6, bytes, tracking, preCopy };
}

const image = (name) => `/tmp/${name}.img`;
const samples = { full: [], incremental: [], preCopy: [] };

await capture(image(0), '--track', 'soft-dirty');
for (let round = 1; round <= Number(rounds); round++) {
  await change();
  samples.incremental.push(await capture(image(round), '--parent', image(round - 1), '--track', 'soft-dirty'));
  samples.full.push(await capture(image('full')));
}
fs.rmSync(image(0));
// what it says from here on is not waited for, but its pipe must not fill up
target.stdout.resume();
for (let round = 0; round < Number(rounds); round++) {
  const changing = setInterval(() => target.kill('SIGUSR1'), CHANGE_EVERY_MS);
  samples.preCopy.push(await capture(image('full'), '--pre-copy'));
  clearInterval(changing);
}
target.kill('SIGKILL');
console.log(JSON.stringify(samples));

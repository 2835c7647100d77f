/**
 * Copies test/targets/busy.c before the stop, with and without a parent. Runs in the virtual machine as well as beside us.
 *
 *   node precopy-driver.mjs CRIT BUSY OUT SEED PAGES
 *
 * Leaves OUT/first.img, OUT/second.img (an increment to it), and OUT/precopy.json: what `crit capture --json` said of each.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { CritLoop } from './crit-runner.mjs';

const [crit, busy, out, seed, pages] = process.argv.slice(2);
fs.mkdirSync(out, { recursive: true });
const loop = new CritLoop(crit, out);
const target = spawn(busy, [seed, pages], { stdio: ['ignore', 'pipe', 'inherit'] });
try {
  await once(target.stdout, 'data');
  const capture = (name, ...words) =>
    loop.run(
      'capture',
      String(target.pid),
      '-o',
      path.join(out, name),
      '--pre-copy=4',
      '--until-pages',
      '0',
      ...words,
      '--json',
    );
  const first = await capture('first.img');
  const second = await capture('second.img', '--parent', path.join(out, 'first.img'));
  const isRunning = target.exitCode === null && /\) [RS] /.test(fs.readFileSync(`/proc/${target.pid}/stat`, 'latin1'));
  fs.writeFileSync(path.join(out, 'precopy.json'), JSON.stringify({ first, second, isRunning }, undefined, 2));
} finally {
  target.kill('SIGKILL');
  loop.close();
}

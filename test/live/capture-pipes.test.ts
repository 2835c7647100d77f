import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { CRIT, critExpecting, outcomeOf } from '../support/cli.js';
import { stopProcess } from '../support/procfs.js';
import { scratchDirectory } from '../support/scratch.js';
import { startShapes } from '../support/target.js';
import { faultsOf, readStrictly, readTruth } from '../support/truth.js';

test('capture -o - | show - shows what show of the file shows', async () => {
  const target = await startShapes({ threads: 4 });
  await stopProcess(target.pid);
  const image = path.join(scratchDirectory(), 'image');
  const line = '"$0" "$1" capture --include scratch "$2" -o - | tee "$3" | "$0" "$1" show -; echo "${PIPESTATUS[@]}"';
  const shell = spawn('bash', ['-c', line, process.execPath, CRIT, String(target.pid), image], { stdio: 'pipe' });
  const [shown, statuses] = (await outcomeOf(shell)).stdout.toString().split(/\n(?=[0-9 ]+\n$)/);
  expect(statuses?.trim()).toBe('0 0 0');
  const ofFile = (await critExpecting(0, ['show', image])).stdout.toString().trimEnd();
  // the first line may name the source
  expect(shown?.split('\n').slice(1)).toEqual(ofFile.split('\n').slice(1));
  expect(shown).toContain('[heap]');
});

test('an image written to a pipe is the same as to a file', async () => {
  const target = await startShapes();
  await stopProcess(target.pid);
  const image = path.join(scratchDirectory(), 'image');
  const { stdout } = await critExpecting(0, [
    'capture',
    '--include',
    'scratch',
    String(target.pid),
    '-o',
    '-',
    '--to',
    'v11',
    '--no-index',
  ]);
  fs.writeFileSync(image, stdout);
  const [task] = await readStrictly(image);
  if (task === undefined) throw new Error('the image holds no task');
  expect(faultsOf(task, await readTruth(target.pid))).toEqual([]);
});

test('names from the process cannot speak to the terminal', async () => {
  const target = await startShapes();
  const { stdout } = await critExpecting(0, ['show', `pid:${target.pid}`]);
  const text = stdout.toString();
  expect(text).toMatch(/odd\S*\[31mname/);
  expect(text).not.toMatch(/[\0-\t\v-\x1f\x7f]/);
});

test('with --json the summary goes to stdout and says what was captured', async () => {
  const target = await startShapes({ ballastMiB: 16 });
  const image = path.join(scratchDirectory(), 'image');
  const { stdout } = await critExpecting(0, [
    'capture',
    '--include',
    'scratch',
    String(target.pid),
    '-o',
    image,
    '--json',
  ]);
  // checked by what follows
  const summary = JSON.parse(stdout.toString()) as { readonly pid: number; readonly stoppedNs: number };
  expect(summary.pid).toBe(target.pid);
  expect(summary.stoppedNs).toBeGreaterThan(0);
});

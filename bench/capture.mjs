/** Capture of a process with random anonymous memory against gcore and against a plain copy in C. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { compare, compile, interleave, limitRss, runMeasured, wall } from './measure.mjs';

const GOALS = { wall: 0.75, pause: 0.35, copy: 1.1, rssMiB: 200 };

const stops = (samples) => samples.map((sample) => sample.stopMs);

export function benchCapture(bench, { pid }) {
  const memcopy = compile('memcopy', bench.directory);
  const output = path.join(bench.directory, 'output');
  // the pages of the last file must neither be in the way nor on their way to the disk
  const fresh = (command, made = output) => {
    const sample = runMeasured(bench, command);
    fs.rmSync(made);
    runMeasured(bench, ['sync']);
    return sample;
  };
  const capture = (...options) => {
    const sample = fresh([...bench.crit, 'capture', ...options, String(pid), '-o', output, '--json']);
    const { stoppedNs, pauseBudget } = JSON.parse(sample.stdout);
    if (pauseBudget?.reason) throw new Error(`nothing was held in memory: ${pauseBudget.reason}`);
    return { ...sample, stopMs: stoppedNs / 1e6 };
  };
  const samples = interleave(bench.rounds, {
    crit: () => capture(),
    paused: () => capture('--pause-budget'),
    gcore: () => fresh(['gcore', '-o', output, String(pid)], `${output}.${pid}`),
    memcopy: () => fresh([memcopy, String(pid), output]),
  });
  const { crit, paused, gcore } = samples;
  return {
    samples,
    lines: [
      compare('capture / gcore', wall(crit), wall(gcore), GOALS.wall),
      compare('target stopped / gcore', stops(crit), wall(gcore)),
      compare('pause budget: target stopped / gcore', stops(paused), wall(gcore), GOALS.pause),
      compare('pause budget: capture / gcore', wall(paused), wall(gcore)),
      compare('capture / copy in C', wall(crit), wall(samples.memcopy), GOALS.copy),
      compare('target stopped / copy in C', stops(crit), wall(samples.memcopy)),
      limitRss('capture', crit, GOALS.rssMiB),
    ],
  };
}

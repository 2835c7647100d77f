/** Capture of a process with random anonymous memory against gcore and against a plain copy in C. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { compare, compile, interleave, limitRss, runMeasured, wall } from './measure.mjs';

const GOALS = { wall: 1, stop: 0.9, rssMiB: 200 };

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
  const samples = interleave(bench.rounds, {
    crit: () => {
      const sample = fresh([...bench.crit, 'capture', String(pid), '-o', output, '--json']);
      return { ...sample, stopMs: JSON.parse(sample.stdout).stoppedNs / 1e6 };
    },
    gcore: () => fresh(['gcore', '-o', output, String(pid)], `${output}.${pid}`),
    memcopy: () => fresh([memcopy, String(pid), output]),
  });
  const stop = samples.crit.map((sample) => sample.stopMs);
  return {
    samples,
    lines: [
      compare('capture / gcore', wall(samples.crit), wall(samples.gcore), GOALS.wall),
      compare('target stopped / gcore', stop, wall(samples.gcore), GOALS.stop),
      compare('capture / copy in C', wall(samples.crit), wall(samples.memcopy)),
      compare('target stopped / copy in C', stop, wall(samples.memcopy)),
      limitRss('capture', samples.crit, GOALS.rssMiB),
    ],
  };
}

/** Checking all bytes of an image by the digests of its index against sha256sum of the same file. */
import * as path from 'node:path';
import { compare, interleave, limitRss, runMeasured, wall } from './measure.mjs';

const GOALS = { wall: 0.2, rssMiB: 200 };

export function benchVerify(bench, { pid }) {
  const image = path.join(bench.directory, 'verify.img');
  runMeasured(bench, [...bench.crit, 'capture', String(pid), '-o', image]);
  const samples = interleave(bench.rounds, {
    crit: () => runMeasured(bench, [...bench.crit, 'verify', image]),
    sha256sum: () => runMeasured(bench, ['sha256sum', image]),
  });
  return {
    samples,
    lines: [
      compare('verify / sha256sum', wall(samples.crit), wall(samples.sha256sum), GOALS.wall),
      limitRss('verify', samples.crit, GOALS.rssMiB),
    ],
  };
}

/** The digest of an image against sha256sum of the same file, which is in the page cache. */
import * as path from 'node:path';
import { compare, interleave, limitRss, runMeasured, wall } from './measure.mjs';

const GOALS = { wall: 0.5, rssMiB: 200 };

export function benchDigest(bench, { pid }) {
  const image = path.join(bench.directory, 'digest.img');
  runMeasured(bench, [...bench.crit, 'capture', String(pid), '-o', image]);
  runMeasured(bench, ['cat', image], { stdout: 'ignore' });
  const samples = interleave(bench.rounds, {
    crit: () => runMeasured(bench, [...bench.crit, 'digest', image]),
    sha256sum: () => runMeasured(bench, ['sha256sum', image]),
  });
  return {
    samples,
    lines: [
      compare('digest / sha256sum', wall(samples.crit), wall(samples.sha256sum), GOALS.wall),
      limitRss('digest', samples.crit, GOALS.rssMiB),
    ],
  };
}

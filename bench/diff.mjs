/**
 * Diff of two images against cmp of two equal ones, which reads all of both files. On different ones plain cmp stops at the
 * first difference, and so does `cmp -l` when it writes to /dev/null: `cmp -l | wc -l` is measured too, without a goal.
 */
import { once } from 'node:events';
import * as path from 'node:path';
import { compare, interleave, limitRss, runMeasured, wall } from './measure.mjs';

const GOALS = { wall: 0.8, rssMiB: 200 };

async function makeImages(bench, target) {
  const [before, copy, after] = ['before', 'copy', 'after'].map((name) => path.join(bench.directory, `${name}.img`));
  const capture = (file) => runMeasured(bench, [...bench.crit, 'capture', String(target.pid), '-o', file]);
  capture(before);
  runMeasured(bench, ['cp', '--reflink=never', before, copy]);
  target.kill('SIGUSR1');
  await once(target.stdout, 'data');
  capture(after);
  runMeasured(bench, ['sync']);
  return { before, copy, after };
}

export async function benchDiff(bench, target) {
  const { before, copy, after } = await makeImages(bench, target);
  for (const image of [before, copy, after]) runMeasured(bench, ['cat', image], { stdout: 'ignore' });
  const samples = interleave(bench.rounds, {
    equal: () => runMeasured(bench, [...bench.crit, 'diff', before, copy]),
    different: () => runMeasured(bench, [...bench.crit, 'diff', before, after], { status: 1 }),
    cmp: () => runMeasured(bench, ['cmp', before, copy]),
    'cmp -l': () => runMeasured(bench, ['sh', '-c', 'cmp -l "$0" "$1" | wc -l', before, after]),
  });
  const { equal, different, cmp, 'cmp -l': cmpList } = samples;
  return {
    samples,
    lines: [
      compare('diff, equal / cmp', wall(equal), wall(cmp), GOALS.wall),
      compare('diff, 10 % changed / cmp of equal files', wall(different), wall(cmp), GOALS.wall),
      compare('diff, 10 % changed / cmp -l', wall(different), wall(cmpList)),
      limitRss('diff, equal', equal, GOALS.rssMiB),
      limitRss('diff, 10 % changed', different, GOALS.rssMiB),
    ],
  };
}

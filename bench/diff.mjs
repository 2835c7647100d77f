/**
 * Diff of two images against cmp. On equal images both read all of both files. On different ones plain cmp stops at the
 * first difference, and so does `cmp -l` when it writes to /dev/null: it is `cmp -l | wc -l` that is measured, without a goal.
 */
import { once } from 'node:events';
import * as path from 'node:path';
import { compare, interleave, limitRss, runMeasured, wall } from './measure.mjs';

const GOALS = { wall: 1.2, rssMiB: 200 };

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
  const equal = interleave(bench.rounds, {
    crit: () => runMeasured(bench, [...bench.crit, 'diff', before, copy]),
    cmp: () => runMeasured(bench, ['cmp', before, copy]),
  });
  const different = interleave(bench.rounds, {
    crit: () => runMeasured(bench, [...bench.crit, 'diff', before, after], { status: 1 }),
    'cmp -l': () => runMeasured(bench, ['sh', '-c', 'cmp -l "$0" "$1" | wc -l', before, after]),
  });
  return {
    samples: { equal, different },
    lines: [
      compare('diff, equal / cmp', wall(equal.crit), wall(equal.cmp), GOALS.wall),
      compare('diff, 10 % changed / cmp -l', wall(different.crit), wall(different['cmp -l'])),
      compare('diff, 10 % changed / cmp of equal files', wall(different.crit), wall(equal.cmp)),
      limitRss('diff, equal', equal.crit, GOALS.rssMiB),
      limitRss('diff, 10 % changed', different.crit, GOALS.rssMiB),
    ],
  };
}

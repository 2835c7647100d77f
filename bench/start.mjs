/** How long the command line takes to say anything, against Node doing nothing. */
import { compare, interleave, runMeasured, wall } from './measure.mjs';

const GOALS = { help: 2 };

export function benchStart(bench) {
  const samples = interleave(bench.rounds, {
    help: () => runMeasured(bench, [...bench.crit, '--help']),
    node: () => runMeasured(bench, [process.execPath, '-e', '0']),
  });
  return { samples, lines: [compare('crit --help / node -e 0', wall(samples.help), wall(samples.node), GOALS.help)] };
}

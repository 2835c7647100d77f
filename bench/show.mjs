/** What needs no page contents, on huge sparse images, against a C program that reads the same headers and address arrays. */
import * as path from 'node:path';
import { compare, compile, interleave, limitRss, runMeasured, wall } from './measure.mjs';
import { writeSparseImage } from './sparse.mjs';

/** No goal is set for verify, which looks behind every chunk before it believes it. */
const GOALS = { wall: { show: 4, info: 4 }, rssMiB: 250 };
/** A run for each two pages is 20 bytes, and no less to be made: of 100 GiB they take 250 MiB. */
const FRAGMENTED = { runPages: 2, rssMiB: 450 };
const VMA_BYTES = 4 * 2 ** 30;
const COMMANDS = ['show', 'info', 'verify'];

/** Measures all commands on one image. */
function benchImage(bench, image, what, goals) {
  const headers = compile('headers', bench.directory);
  const contenders = Object.fromEntries([
    ...COMMANDS.map((command) => [command, () => runMeasured(bench, [...bench.crit, command, image])]),
    ['headers', () => runMeasured(bench, [headers, image])],
  ]);
  // the first run of each brings the headers into the page cache
  for (const run of Object.values(contenders)) run();
  const samples = interleave(bench.rounds, contenders);
  const theirs = wall(samples.headers);
  const nameOf = (command) => `${command} of ${bench.sparseGiB} GiB${what}`;
  return {
    samples,
    lines: [
      ...COMMANDS.map((name) =>
        compare(`${nameOf(name)} / headers in C`, wall(samples[name]), theirs, goals.wall?.[name]),
      ),
      ...COMMANDS.map((name) => limitRss(nameOf(name), samples[name], goals.rssMiB)),
    ],
  };
}

export function benchShow(bench) {
  const shape = { nrVmas: Math.ceil((bench.sparseGiB * 2 ** 30) / VMA_BYTES), vmaBytes: VMA_BYTES };
  const image = path.join(bench.directory, 'sparse.img');
  writeSparseImage(image, shape);
  const whole = benchImage(bench, image, '', GOALS);
  writeSparseImage(image, { ...shape, runPages: FRAGMENTED.runPages });
  const fragmented = benchImage(bench, image, ', fragmented', FRAGMENTED);
  return {
    samples: { whole: whole.samples, fragmented: fragmented.samples },
    lines: [...whole.lines, ...fragmented.lines],
  };
}

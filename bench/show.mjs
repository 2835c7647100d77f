/** What needs no page contents, on a huge sparse image, against a C program that reads the same headers and address arrays. */
import * as path from 'node:path';
import { compare, compile, interleave, limitRss, runMeasured, wall } from './measure.mjs';
import { writeSparseImage } from './sparse.mjs';

/** No goal is set for verify, which looks behind every chunk before it believes it. */
const GOALS = { wall: { show: 4, info: 4 }, rssMiB: 250 };
const VMA_BYTES = 4 * 2 ** 30;
const COMMANDS = ['show', 'info', 'verify'];

export function benchShow(bench) {
  const headers = compile('headers', bench.directory);
  const image = path.join(bench.directory, 'sparse.img');
  writeSparseImage(image, { nrVmas: Math.ceil((bench.sparseGiB * 2 ** 30) / VMA_BYTES), vmaBytes: VMA_BYTES });
  const contenders = Object.fromEntries([
    ...COMMANDS.map((command) => [command, () => runMeasured(bench, [...bench.crit, command, image])]),
    ['headers', () => runMeasured(bench, [headers, image])],
  ]);
  // the first run of each brings the headers into the page cache
  for (const run of Object.values(contenders)) run();
  const samples = interleave(bench.rounds, contenders);
  const theirs = wall(samples.headers);
  const nameOf = (command) => `${command} of ${bench.sparseGiB} GiB`;
  return {
    samples,
    lines: [
      ...COMMANDS.map((name) =>
        compare(`${nameOf(name)} / headers in C`, wall(samples[name]), theirs, GOALS.wall[name]),
      ),
      ...COMMANDS.map((name) => limitRss(nameOf(name), samples[name], GOALS.rssMiB)),
    ],
  };
}

/** What needs no page contents, on huge sparse images, against a C program that reads the same headers and address arrays. */
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compare, compile, interleave, limitRss, runMeasured, wall } from './measure.mjs';
import { writeSparseImage } from './sparse.mjs';

/** No goal is set for verify, which looks behind every chunk before it believes it. */
const GOALS = { wall: { build: 2, show: 4, info: 4 }, rssMiB: 250 };
/** A run for each two pages is 20 bytes, and no less to be made: of 100 GiB they take 250 MiB. */
const FRAGMENTED = { runPages: 2, rssMiB: 450 };
const VMA_BYTES = 4 * 2 ** 30;
const BUILD_INDEX = fileURLToPath(new URL('./build-index.mjs', import.meta.url));
const COMMANDS = ['index', 'show', 'info', 'verify'];

/** Adds what the process measured itself. */
function withBuildMs(sample) {
  return { ...sample, buildMs: JSON.parse(sample.stdout).buildMs };
}

/** Measures all commands on one image. */
function benchImage(bench, image, what, goals) {
  const headers = compile('headers', bench.directory);
  const contenders = Object.fromEntries([
    ...COMMANDS.map((command) => [command, () => runMeasured(bench, [...bench.crit, command, image])]),
    ['build', () => withBuildMs(runMeasured(bench, [process.execPath, BUILD_INDEX, image]))],
    ['node', () => runMeasured(bench, [process.execPath, '-e', '0'])],
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
      compare(
        `building the index${what}, in a process that runs / headers in C`,
        samples.build.map(({ buildMs }) => buildMs),
        theirs,
        goals.wall?.build,
      ),
      compare(`node -e 0 / headers in C`, wall(samples.node), theirs),
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

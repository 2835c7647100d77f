/** Show of a huge sparse image against a C program that reads the same headers and address arrays. */
import * as path from 'node:path';
import { compare, compile, interleave, limitRss, runMeasured, wall } from './measure.mjs';
import { writeSparseImage } from './sparse.mjs';

const GOALS = { wall: 4, rssMiB: 250 };
const VMA_BYTES = 4 * 2 ** 30;

export function benchShow(bench) {
  const headers = compile('headers', bench.directory);
  const image = path.join(bench.directory, 'sparse.img');
  writeSparseImage(image, { nrVmas: Math.ceil((bench.sparseGiB * 2 ** 30) / VMA_BYTES), vmaBytes: VMA_BYTES });
  const show = () => runMeasured(bench, [...bench.crit, 'show', image]);
  const read = () => runMeasured(bench, [headers, image]);
  // the first run of each brings the headers into the page cache
  show();
  read();
  const samples = interleave(bench.rounds, { crit: show, headers: read });
  return {
    samples,
    lines: [
      compare(`show of ${bench.sparseGiB} GiB / headers in C`, wall(samples.crit), wall(samples.headers), GOALS.wall),
      limitRss(`show of ${bench.sparseGiB} GiB`, samples.crit, GOALS.rssMiB),
    ],
  };
}

/** Search of an image against grep on the same file, for 8 bytes that are there once. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { compare, interleave, limitRss, runMeasured, wall } from './measure.mjs';

const GOALS = { wall: 1.2, rssMiB: 200 };
const PATTERN_BYTES = 8;
const LOOKED_AT_BYTES = 1 << 20;

/** A word that the image has somewhere in its second half. */
function wordIn(image) {
  const fd = fs.openSync(image, 'r');
  const bytes = Buffer.alloc(LOOKED_AT_BYTES);
  fs.readSync(fd, bytes, 0, bytes.length, Math.floor(fs.fstatSync(fd).size * 0.75));
  fs.closeSync(fd);
  const found = new RegExp(`[A-Za-z][!-~]{${PATTERN_BYTES - 1}}`).exec(bytes.toString('latin1'));
  if (!found) throw new Error(`${image} has no word of ${PATTERN_BYTES} printable bytes where it was looked for`);
  return found[0];
}

export function benchSearch(bench, { pid }) {
  const image = path.join(bench.directory, 'searched.img');
  runMeasured(bench, [...bench.crit, 'capture', String(pid), '-o', image]);
  runMeasured(bench, ['cat', image], { stdout: 'ignore' });
  const word = wordIn(image);
  const search = (...args) => runMeasured(bench, [...bench.crit, 'search', image, '--count', ...args]);
  const samples = interleave(bench.rounds, {
    crit: () => search(word),
    grep: () => runMeasured(bench, ['env', 'LC_ALL=C', 'grep', '-c', '-a', '-F', '-e', word, image]),
    pointers: () => search('--pointer-to', '[stack]'),
  });
  fs.rmSync(image);
  return {
    samples,
    lines: [
      compare('search, 8 bytes / grep -c -a -F', wall(samples.crit), wall(samples.grep), GOALS.wall),
      compare('search, pointers / grep -c -a -F', wall(samples.pointers), wall(samples.grep)),
      limitRss('search', samples.crit, GOALS.rssMiB),
    ],
  };
}

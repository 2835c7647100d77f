/** Conversion of an image to other revisions against `cp` of the same file, in memory, where no disk is in the way. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { compare, interleave, limitRss, runMeasured, wall } from './measure.mjs';

const GOALS = { wall: 1.5, rssMiB: 200 };

/** What is read, and what is written: within the cr family, into the ckpt family, within it, and back. */
const PAIRS = [
  ['v11', 'v9'],
  ['v11', 'v21'],
  ['v11', 'v23'],
  ['v21', 'v23'],
  ['v21', 'v11'],
];

const TMPFS = '/dev/shm';

/** A directory that is gone afterwards, in memory where the system has such a place. */
function makeDirectory(bench) {
  const parent = fs.existsSync(TMPFS) ? TMPFS : bench.directory;
  return fs.mkdtempSync(path.join(parent, 'crit-bench-'));
}

/** The capture of a process as an image of each revision that is read. */
function makeImages(bench, directory, pid) {
  const revisions = [...new Set(PAIRS.map(([from]) => from))];
  return new Map(
    revisions.map((revision) => {
      const file = path.join(directory, `${revision}.img`);
      runMeasured(bench, [...bench.crit, 'capture', String(pid), '-o', file, '--to', revision]);
      return [revision, file];
    }),
  );
}

function benchPair(bench, input, output, to) {
  // both write a new file, so both wait for the kernel to make its pages
  const fresh = (command) => {
    const sample = runMeasured(bench, command);
    fs.rmSync(output);
    return sample;
  };
  return interleave(bench.rounds, {
    crit: () => fresh([...bench.crit, 'convert', input, output, '--to', to]),
    cp: () => fresh(['cp', '--reflink=never', input, output]),
  });
}

export function benchConvert(bench, { pid }) {
  const directory = makeDirectory(bench);
  try {
    const images = makeImages(bench, directory, pid);
    const output = path.join(directory, 'output.img');
    const results = PAIRS.map(([from, to]) => {
      const samples = benchPair(bench, images.get(from), output, to);
      return { what: `convert ${from} to ${to}`, samples };
    });
    return {
      samples: results,
      lines: [
        ...results.map(({ what, samples: { crit, cp } }) => compare(`${what} / cp`, wall(crit), wall(cp), GOALS.wall)),
        ...results.map(({ what, samples }) => limitRss(what, samples.crit, GOALS.rssMiB)),
      ],
    };
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
}

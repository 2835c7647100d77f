/**
 * Memory by address: `crit read` of one page of a huge sparse image, as a whole command against a Node that does nothing;
 * and pages at random in one process, against the same reads of the file without any lookup.
 *
 * @see docs/performance.md
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { compare, interleave, limitRss, runMeasured, wall } from './measure.mjs';
import { writeSparseImage } from './sparse.mjs';

const GOALS = { wall: 2.5, rssMiB: 120, random: 1.5 };
const VMA_BYTES = 4 * 2 ** 30;
const PAGE_BYTES = 4096;
const RANDOM_READS = 20_000;

/** Addresses of held pages, and where each lies; in no order. */
async function randomPlaces(space) {
  const stretches = [];
  for await (const { state, ...stretch } of space.pages()) if (state === 'held') stretches.push(stretch);
  return Array.from({ length: RANDOM_READS }, () => {
    const { vaddr, nrPages, offset } = stretches[Math.floor(Math.random() * stretches.length)];
    const skip = Math.floor(Math.random() * nrPages) * PAGE_BYTES;
    return { vaddr: vaddr + BigInt(skip), offset: offset + skip };
  });
}

/** Milliseconds that `read` takes for all places. */
async function timed(places, read) {
  const start = process.hrtime.bigint();
  for (const place of places) await read(place);
  return { wallMs: Number(process.hrtime.bigint() - start) / 1e6 };
}

/** The same without waiting. */
function timedSync(places, read) {
  const start = process.hrtime.bigint();
  for (const place of places) read(place);
  return { wallMs: Number(process.hrtime.bigint() - start) / 1e6 };
}

/** Random pages through the library as it is built, each round with the same places for all. */
async function randomReads(bench, image) {
  const library = (name) => import(new URL(`../dist/${name}.js`, import.meta.url));
  const { openFile } = await library('format/bytes/file');
  const { readImage } = await library('format/registry');
  const { memoryMapOf } = await library('format/model/memory-map');
  const { openSpaces } = await library('inspect/space');
  const opened = await readImage(openFile(image));
  const fd = fs.openSync(image, 'r');
  try {
    const [space] = openSpaces(memoryMapOf(opened));
    const places = await randomPlaces(space);
    const page = new Uint8Array(PAGE_BYTES);
    const contenders = {
      crit: () => timed(places, ({ vaddr }) => space.readInto(vaddr, page)),
      fs: () => timedSync(places, ({ offset }) => fs.readSync(fd, page, 0, PAGE_BYTES, offset)),
    };
    const samples = { crit: [], fs: [] };
    // the first round brings the pages into the page cache, and the code into the machine's
    for (let round = 0; round <= bench.rounds; round++)
      for (const [name, run] of Object.entries(contenders)) {
        const sample = await run();
        if (round > 0) samples[name].push(sample);
      }
    return samples;
  } finally {
    fs.closeSync(fd);
    await opened.close();
  }
}

/** @param {string} [image]  a sparse image to read from; made where none is given */
export async function benchRead(bench, image = path.join(bench.directory, 'sparse-read.img')) {
  if (!fs.existsSync(image)) {
    const nrVmas = Math.ceil((bench.sparseGiB * 2 ** 30) / VMA_BYTES);
    writeSparseImage(image, { nrVmas, vmaBytes: VMA_BYTES });
    runMeasured(bench, [...bench.crit, 'index', '--append', image]);
  }
  const vma = `vma[${Math.ceil((bench.sparseGiB * 2 ** 30) / VMA_BYTES) >> 1}]`;
  const contenders = {
    crit: () => runMeasured(bench, [...bench.crit, 'read', image, `${vma}+0x10000`, String(PAGE_BYTES)]),
    node: () => runMeasured(bench, [process.execPath, '-e', '0']),
  };
  for (const run of Object.values(contenders)) run();
  const command = interleave(bench.rounds, contenders);
  const random = await randomReads(bench, image);
  const where = `a ${bench.sparseGiB} GiB image`;
  return {
    samples: { command, random },
    lines: [
      compare(`read of 4 KiB from ${where} / node -e 0`, wall(command.crit), wall(command.node), GOALS.wall),
      compare(`${RANDOM_READS} random reads of 4 KiB / fs.readSync`, wall(random.crit), wall(random.fs), GOALS.random),
      limitRss(`read of 4 KiB from ${where}`, command.crit, GOALS.rssMiB),
    ],
  };
}

/** What the machine itself can do, to read the other figures by: copying memory, touching it first, reading the page cache. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { median } from './measure.mjs';

const MIB = 2 ** 20;
const TOTAL_MIB = 512;

/** GB/s of work on so many MiB. */
function speedOf(rounds, work) {
  const speeds = Array.from({ length: rounds }, () => {
    const start = performance.now();
    work();
    return (TOTAL_MIB * MIB) / 1e6 / (performance.now() - start);
  });
  return median(speeds);
}

function copySpeed(rounds) {
  const [from, to] = [Buffer.alloc(64 * MIB, 1), Buffer.alloc(64 * MIB, 2)];
  return speedOf(rounds, () => {
    for (let done = 0; done < TOTAL_MIB; done += 64) from.copy(to);
  });
}

function firstTouchSpeed(rounds) {
  return speedOf(rounds, () => {
    for (let done = 0; done < TOTAL_MIB; done += 64) Buffer.allocUnsafeSlow(64 * MIB).fill(1);
  });
}

function cacheSpeed(bench) {
  const file = path.join(bench.directory, 'cache');
  const piece = Buffer.alloc(MIB, 1);
  const fd = fs.openSync(file, 'w+');
  try {
    for (let i = 0; i < TOTAL_MIB; i++) fs.writeSync(fd, piece, 0, MIB, i * MIB);
    return speedOf(bench.rounds, () => {
      for (let i = 0; i < TOTAL_MIB; i++) fs.readSync(fd, piece, 0, MIB, i * MIB);
    });
  } finally {
    fs.closeSync(fd);
    fs.rmSync(file);
  }
}

export function benchLimits(bench) {
  const samples = {
    'copy of memory': copySpeed(bench.rounds),
    'first touch of memory': firstTouchSpeed(bench.rounds),
    'read of the page cache, one thread': cacheSpeed(bench),
  };
  return { samples, lines: Object.entries(samples).map(([what, speed]) => ({ what, gbPerSecond: speed })) };
}

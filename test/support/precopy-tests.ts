import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect } from 'vitest';
import { openFile } from '../../src/format/bytes/file.js';
import { readImage } from '../../src/format/registry.js';
import { openImage } from '../../src/open/open-any.js';
import type { Capture } from './scenarios-report.js';

/** Where busy.c has its memory. */
const BASE = 0x2000_0000_0000n;
const PAGE_BYTES = 4096;
const WORD_BYTES = 4;

/** Pages of each kind of memory that busy.c is to write. */
export const BUSY_PAGES = 512;

/** What precopy-driver.mjs leaves. */
interface Outcome {
  readonly first: Capture;
  readonly second: Capture;
  readonly isRunning: boolean;
}

/** What `crit capture --json` says of pre-copying. */
interface Summary {
  readonly stoppedNs: number;
  readonly preCopy: {
    readonly backend: string;
    readonly rounds: readonly { readonly pages: number; readonly stoppedNs: number }[];
    readonly finalPages: number;
  };
}

/** The memory of busy.c after so many steps, and which word the next one writes. */
function memoryAfter(steps: number, seed: number): { readonly words: Uint32Array; readonly nextWord: number } {
  const words = Uint32Array.from({ length: (2 * BUSY_PAGES * PAGE_BYTES) / WORD_BYTES }, (_, i) => i);
  let state = (seed | 1) >>> 0;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>>= 0);
  };
  for (let step = 0; step < steps; step++) words[next() % words.length] = next();
  return { words, nextWord: next() % words.length };
}

/** Words that are not what the process had when it had come as far as the image says. */
async function wrongWords(file: string, seed: number): Promise<number[]> {
  const image = await openImage(file);
  try {
    const bytes = new Uint8Array((1 + 2 * BUSY_PAGES) * PAGE_BYTES);
    await image.space().readInto(BASE, bytes);
    const [started = 0n, done = 0n] = new BigUint64Array(bytes.buffer, 0, 2);
    expect(done).toBeGreaterThan(0n);
    const { words, nextWord } = memoryAfter(Number(done), seed);
    const found = new Uint32Array(bytes.buffer, PAGE_BYTES);
    const wrong = [...words.keys()].filter((i) => words[i] !== found[i]);
    // the write that was begun may have been made
    return started > done ? wrong.filter((i) => i !== nextWord) : wrong;
  } finally {
    await image.close();
  }
}

/** Expects that both images are of one moment, and tell how they were made. */
export async function expectPreCopied(folder: string, backend: string, seed: number): Promise<void> {
  // the driver writes exactly this
  const outcome = JSON.parse(fs.readFileSync(path.join(folder, 'precopy.json'), 'utf8')) as Outcome;
  for (const name of ['first', 'second'] as const) {
    const { status, stdout, stderr } = outcome[name];
    expect(status, stderr).toBe(0);
    const file = path.join(folder, `${name}.img`);
    expect(await wrongWords(file, seed), `${file}, seed ${seed}`).toEqual([]);
    // as `crit capture --json` prints it
    const summary = JSON.parse(stdout) as Summary;
    expect(summary.preCopy).toMatchObject({ backend });
    const { rounds, finalPages } = summary.preCopy;
    expect(rounds[0]?.pages).toBeGreaterThan(2 * BUSY_PAGES);
    if (backend === 'soft-dirty') expect(rounds.length).toBeGreaterThan(1);
    expect(finalPages).toBeGreaterThan(0);
    expect(finalPages).toBeLessThan(rounds[0]?.pages ?? 0);
    expect(summary.stoppedNs).toBeGreaterThan(0);
    const image = await readImage(openFile(file));
    expect(image.capture).toMatchObject({ preCopy: { backend, rounds, finalPages }, stoppedNs: summary.stoppedNs });
    await image.close();
  }
  expect(outcome.isRunning).toBe(true);
}

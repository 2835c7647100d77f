/** Running programs side by side and comparing what they took. */
import { execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));

/** @typedef {{ wallMs: number, rssMiB: number, stdout: string, stopMs?: number }} Sample */

/** Compiles bench/NAME.c into `directory`; returns the program's path. */
export function compile(name, directory, options = []) {
  const program = path.join(directory, `bench-${name}`);
  execFileSync('cc', ['-O2', '-Wall', ...options, '-o', program, path.join(HERE, `${name}.c`)], { stdio: 'inherit' });
  return program;
}

/**
 * Runs a command under rusage.c.
 *
 * @param {{ rusage: string, directory: string }} bench
 * @param {readonly string[]} command
 * @param {{ status?: number, stdout?: 'pipe' | 'ignore' }} [options]  the exit status that it must have
 * @returns {Sample}
 */
export function runMeasured(bench, command, options = {}) {
  const report = path.join(bench.directory, 'rusage.txt');
  const stdio = ['ignore', options.stdout ?? 'pipe', 'pipe'];
  const run = spawnSync(bench.rusage, [report, ...command], { stdio, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (run.status !== (options.status ?? 0))
    throw new Error(`${command.join(' ')} ended with ${run.status ?? run.signal}:\n${run.stderr}`);
  const [wallNs, rssKb] = fs.readFileSync(report, 'utf8').split(' ').map(Number);
  return { wallMs: wallNs / 1e6, rssMiB: rssKb / 1024, stdout: run.stdout ?? '' };
}

/** The one line on a terminal that says how far we are. */
function report(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r${text}\x1b[K`);
}

/**
 * Runs every contender once in each round, and begins each round with another one.
 *
 * @param {number} rounds
 * @param {Readonly<Record<string, () => Sample>>} contenders
 * @returns {Record<string, Sample[]>}
 */
export function interleave(rounds, contenders) {
  const names = Object.keys(contenders);
  const samples = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (let i = 0; i < names.length; i++) {
      const name = names[(round + i) % names.length];
      samples[name].push(contenders[name]());
      report(`${name}, round ${round + 1} of ${rounds}`);
    }
  report('');
  return samples;
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * One line of the result: ours against theirs.
 *
 * @param {string} what
 * @param {readonly number[]} ours   milliseconds, one a round
 * @param {readonly number[]} theirs of the same rounds
 * @param {number} [goal]  the ratio that is allowed
 */
export function compare(what, ours, theirs, goal) {
  const ratios = ours.map((value, round) => value / theirs[round]);
  const ratio = median(ours) / median(theirs);
  return {
    what,
    oursMs: median(ours),
    theirsMs: median(theirs),
    ratio,
    ratioMin: Math.min(...ratios),
    ratioMax: Math.max(...ratios),
    goal,
    isMet: goal === undefined ? undefined : ratio <= goal,
  };
}

/** One line of the result: the peak of a program in all its rounds against a limit. */
export function limitRss(what, samples, goalMiB) {
  const rssMiB = Math.max(...samples.map((sample) => sample.rssMiB));
  return { what, rssMiB, goalMiB, isMet: rssMiB <= goalMiB };
}

/** One line of the result: the largest file of all rounds against a limit. */
export function limitSize(what, samples, goalMiB) {
  const sizeMiB = Math.max(...samples.map((sample) => sample.bytes)) / 2 ** 20;
  return { what, sizeMiB, goalMiB, isMet: sizeMiB <= goalMiB };
}

export const wall = (samples) => samples.map((sample) => sample.wallMs);

import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { inject, onTestFinished } from 'vitest';
import { isStopped, threadStates } from './procfs.js';
import { scratchDirectory } from './scratch.js';
import { waitUntil } from './wait.js';

/** A region that shapes.c announces; the letters of `pages`, one a page, repeat over it. */
export interface Region {
  readonly name: string;
  readonly start: number;
  readonly length: number;
  readonly pages: string;
}

/** A running test program. It is killed when the test ends. */
export interface Target {
  readonly pid: number;
  readonly child: ChildProcess;
}

export interface Shapes extends Target {
  readonly regions: readonly Region[];
  readonly seed: number;
  readonly region: (name: string) => Region;
  /** How far its threads have counted together. */
  readonly count: () => bigint;
  /** Sends one command and waits until it is obeyed. */
  readonly command: (line: string) => Promise<void>;
}

export interface ShapesOptions {
  readonly threads?: number;
  readonly ballastMiB?: number;
  /** The process of interest is a child of the one that made the memory. */
  readonly isForked?: boolean;
  /** Whom it belongs to; ourselves by default. */
  readonly uid?: number;
}

type Announcement = { readonly ready: number } | (Omit<Region, 'start'> & { readonly start: string });

function killWithTest(child: ChildProcess): void {
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
}

function failed(child: ChildProcess, what: string): Promise<never> {
  return new Promise((_resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status, signal) => {
      reject(new Error(`${what} ended early: ${String(status ?? signal)}`));
    });
  });
}

/** Starts a program and waits for its first line. */
export async function startProgram(command: string, args: readonly string[]): Promise<Target> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  killWithTest(child);
  const firstLine = new Promise((resolve) => child.stdout.once('data', resolve));
  await Promise.race([firstLine, failed(child, command)]);
  return { pid: child.pid ?? 0, child };
}

/** Starts a program that says nothing and waits until it sleeps under its own name. */
export async function startSilentProgram(command: string, args: readonly string[]): Promise<Target> {
  const child = spawn(command, args, { stdio: 'ignore' });
  killWithTest(child);
  const pid = child.pid ?? 0;
  await waitUntil(`${command} sleeps`, () => {
    const comm = fs.readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
    return comm === path.basename(command) && threadStates(pid) === 'S';
  });
  return { pid, child };
}

function argumentsOf(options: ShapesOptions, seed: number, directory: string): string[] {
  const threads = ['--threads', String(options.threads ?? 1)];
  const ballast = ['--ballast', String(options.ballastMiB ?? 0)];
  return [...threads, ...ballast, '--seed', String(seed), ...(options.isForked === true ? ['--fork'] : []), directory];
}

/** Starts test/targets/shapes.c and waits until all its memory is made. */
export async function startShapes(options: ShapesOptions = {}): Promise<Shapes> {
  const directory = scratchDirectory();
  fs.chmodSync(directory, 0o777);
  const seed = Math.floor(Math.random() * 2 ** 31);
  const program = path.join(inject('targets'), 'shapes');
  const child = spawn(program, argumentsOf(options, seed, directory), {
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  killWithTest(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const regions: Region[] = [];
  for (;;) {
    const line = await lines.next();
    if (line.done === true) throw new Error('shapes ended early');
    // shapes.c prints nothing else
    const said = JSON.parse(line.value) as Announcement;
    if ('ready' in said) return control(said.ready, child, lines, regions, seed, directory);
    regions.push({ ...said, start: Number(said.start) });
  }
}

function control(
  pid: number,
  child: ChildProcess,
  lines: AsyncIterator<string>,
  regions: readonly Region[],
  seed: number,
  directory: string,
): Shapes {
  const region = (name: string): Region => {
    const found = regions.find((one) => one.name === name);
    if (found === undefined) throw new Error(`shapes has no region ${name}`);
    return found;
  };
  const count = (): bigint => {
    const slots = new BigUint64Array(new Uint8Array(fs.readFileSync(path.join(directory, 'counter'))).buffer);
    return slots.reduce((sum, slot) => sum + slot, 0n);
  };
  const command = async (line: string): Promise<void> => {
    child.stdin?.write(`${line}\n`);
    await lines.next();
  };
  return { pid, child, regions, seed, region, count, command };
}

/** Waits until the program counts on: every thread has been resumed. */
export async function waitUntilItRuns(target: Shapes): Promise<void> {
  await waitUntil('the target is not stopped', () => !isStopped(target.pid) && threadStates(target.pid) !== '');
  const before = target.count();
  await waitUntil('the target counts on', () => target.count() > before + 2n);
}

import { spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { inject, onTestFinished } from 'vitest';
import { isStopped } from './procfs.js';
import { scratchDirectory } from './scratch.js';
import { waitUntil } from './wait.js';

const PAGE_BYTES = 4096;
/** Bytes of the last page of the memfd that lie behind its end. */
const BEHIND_MEMFD = 100;

export type ObjectName = 'shared-anon' | 'memfd' | 'sysv';
const NUMBERS: Readonly<Record<ObjectName, number>> = { 'shared-anon': 0, memfd: 1, sysv: 2 };

/** An object that sharers.c announces. */
export interface SharedObject {
  readonly name: ObjectName;
  readonly pages: number;
  /** How many of its last pages nobody has written at the start. */
  readonly untouched: number;
}

/** Processes of test/targets/sharers.c. They are killed when the test ends. */
export interface Sharers {
  readonly pid: number;
  readonly pids: readonly number[];
  readonly objects: readonly SharedObject[];
  /** Address of the private pages of each. */
  readonly own: number;
  readonly child: ChildProcess;
  readonly counters: () => BigUint64Array;
  /** Sends one letter and waits until it is obeyed. */
  readonly command: (letter: string) => Promise<void>;
  /** What stands in a page that was written; `round` as sharers.c has it. */
  readonly page: (name: ObjectName, index: number, round?: number) => Uint8Array;
}

export interface SharersOptions {
  readonly children?: number;
  readonly gone?: number;
  readonly mib?: number;
  /** Private pages of each. */
  readonly own?: number;
  readonly uid?: number;
}

type Announcement = SharedObject | { readonly ready: number; readonly pids: readonly number[]; readonly own: number };

/** Starts test/targets/sharers.c and waits until all have written their share. */
export async function startSharers({ children = 1, gone = 0, mib, own, uid }: SharersOptions): Promise<Sharers> {
  const directory = scratchDirectory();
  fs.chmodSync(directory, 0o777);
  const seed = Math.floor(Math.random() * 2 ** 31);
  const size = [
    ...(mib === undefined ? [] : ['--mib', String(mib)]),
    ...(own === undefined ? [] : ['--own', String(own)]),
  ];
  const counts = ['--children', String(children), '--gone', String(gone), '--seed', String(seed)];
  const child = spawn(path.join(inject('targets'), 'sharers'), [...counts, ...size, directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const objects: SharedObject[] = [];
  for (;;) {
    const line = await lines.next();
    if (line.done === true) throw new Error('sharers ended early');
    // sharers.c prints nothing else
    const said = JSON.parse(line.value) as Announcement;
    if (!('ready' in said)) {
      objects.push(said);
      continue;
    }
    const command = async (letter: string): Promise<void> => {
      child.stdin.write(`${letter}\n`);
      await lines.next();
    };
    const counters = (): BigUint64Array =>
      new BigUint64Array(new Uint8Array(fs.readFileSync(path.join(directory, 'counter'))).buffer);
    const page = (name: ObjectName, index: number, round = 0): Uint8Array => pageOf(seed + round, name, index);
    return { pid: said.ready, pids: said.pids, own: said.own, objects, child, counters, command, page };
  }
}

function pageOf(seed: number, name: ObjectName, index: number): Uint8Array {
  const words = new Uint32Array(PAGE_BYTES / 4);
  for (let i = 0; i < words.length; i++) {
    let x = seed ^ Math.imul(NUMBERS[name], 0x9e3779b9) ^ Math.imul(index, 2654435761) ^ Math.imul(i * 4, 40503);
    x ^= x >>> 15;
    x = Math.imul(x, 2246822519);
    words[i] = x ^ (x >>> 13);
  }
  return new Uint8Array(words.buffer);
}

/** How many bytes of a page belong to its object. */
export function ownBytes({ name, pages }: SharedObject, index: number): number {
  return name === 'memfd' && index === pages - 1 ? PAGE_BYTES - BEHIND_MEMFD : PAGE_BYTES;
}

/** Waits until every one of them counts on: all have been resumed. */
export async function waitUntilAllRun({ pids, counters }: Sharers): Promise<void> {
  await waitUntil('no sharer is stopped', () => !pids.some(isStopped));
  const before = counters();
  await waitUntil('all sharers count on', () => {
    const now = counters();
    return pids.every((_, i) => (now[i] ?? 0n) > (before[i] ?? 0n) + 2n);
  });
}

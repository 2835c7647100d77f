import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { inject, onTestFinished } from 'vitest';
import { scratchDirectory } from './scratch.js';
import { waitUntil } from './wait.js';

/** Running processes of test/targets/counters.c. They end with the test. */
export interface Counters {
  /** The first is the parent of the others. */
  readonly pids: readonly number[];
  /** How far each has counted. */
  readonly counts: () => BigUint64Array;
}

/** Starts that many processes, one of them the parent of the others. */
export async function startCounters(processes: number, ...options: readonly '--breed'[]): Promise<Counters> {
  const directory = scratchDirectory();
  const program = path.join(inject('targets'), 'counters');
  const child = spawn(program, [String(processes), ...options, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  // counters.c prints nothing else
  const pids = JSON.parse(line) as number[];
  const counts = (): BigUint64Array =>
    new BigUint64Array(new Uint8Array(fs.readFileSync(path.join(directory, 'counter'))).buffer);
  return { pids, counts };
}

/** Waits until every one of the processes has counted on. */
export async function waitUntilAllCount({ counts }: Counters): Promise<void> {
  const before = counts();
  await waitUntil('all processes count on', () => counts().every((count, slot) => count > (before[slot] ?? 0n) + 2n));
}

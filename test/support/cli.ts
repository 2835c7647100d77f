import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The command line program as `npm run build` made it. */
export const CRIT = fileURLToPath(new URL('../../dist/bin/crit.js', import.meta.url));

export interface Outcome {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface CritOptions {
  readonly input?: Buffer;
  readonly cwd?: string;
  /** As whom to run; ourselves by default. */
  readonly uid?: number;
}

/** Starts crit without waiting for it. */
export function startCrit(args: readonly string[], options: CritOptions = {}): ChildProcess {
  return spawn(process.execPath, [CRIT, ...args], {
    stdio: 'pipe',
    env: { ...process.env, NO_COLOR: '1' },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
}

function collect(stream: NodeJS.ReadableStream | null): Buffer[] {
  const parts: Buffer[] = [];
  stream?.on('data', (part: Buffer) => parts.push(part));
  return parts;
}

/** What a started program said and how it ended. */
export function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => {
      resolve({ status, signal, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() });
    });
  });
}

/** Runs crit to its end. */
export function crit(args: readonly string[], options: CritOptions = {}): Promise<Outcome> {
  const child = startCrit(args, options);
  const outcome = outcomeOf(child);
  child.stdin?.end(options.input);
  return outcome;
}

/** Runs crit, which must end with `status`; the error shows what it said. */
export async function critExpecting(status: number, args: readonly string[], options?: CritOptions): Promise<Outcome> {
  const outcome = await crit(args, options);
  if (outcome.status === status) return outcome;
  const end = String(outcome.status ?? outcome.signal);
  throw new Error(`crit ${args.join(' ')} ended with ${end}, not ${status}:\n${outcome.stderr}`);
}

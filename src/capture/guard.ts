import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { Socket } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CaptureError } from '../format/errors.js';
import { GuardJournal, JOURNAL_FD, type Undo } from './guard-journal.js';
import { readIfThere } from './proc-file.js';
import type { Stat } from './stat.js';

function guardProgram(): string {
  return fileURLToPath(new URL('./guard-main.js', import.meta.url));
}

/** Whether a process is a guard that this process started. */
export function isOwnGuard(pid: number, stat: Stat): boolean {
  if (stat.ppid !== process.pid) return false;
  return readIfThere(pid, 'cmdline')?.toString().split('\0').includes(guardProgram()) ?? false;
}

function openNameless(directory: string): number {
  const file = path.join(directory, `crit-guard-${randomBytes(8).toString('hex')}`);
  const fd = fs.openSync(file, 'wx+', 0o600);
  fs.unlinkSync(file);
  return fd;
}

/** A file without a name that we share with the guard: writing to it takes effect at once, as a pipe's would not. */
function openJournalFile(): number {
  try {
    return openNameless(os.tmpdir());
  } catch {
    // no place there, or a read-only one: memory is as good
    return openNameless('/dev/shm');
  }
}

/** Somebody who outlives us, even a SIGKILL: undoes what it was told of, and removes the unfinished file. */
export class Guard {
  readonly #child: ChildProcess;
  readonly #journal: GuardJournal;
  #isDismissed = false;

  constructor(child: ChildProcess, journal: GuardJournal) {
    this.#child = child;
    this.#journal = journal;
  }

  /** From now on this is undone if we die. Takes effect before it returns; to be called before it is done. */
  arm(undo: Undo): void {
    this.#journal.write(undo);
  }

  /** Lets it undo all it is armed for at that time even if we live. Only of use where `maxStopMs` was given. */
  setDeadline(atNs: bigint): void {
    this.#journal.write({ deadlineNs: String(atNs) });
  }

  /** All is undone. */
  disarm(): void {
    if (!this.#isDismissed) this.#journal.clear();
  }

  /** Sends it home; nothing is left for it to do but what it is still armed for. */
  dismiss(): void {
    if (this.#isDismissed) return;
    this.#isDismissed = true;
    this.#journal.write({ is: 'dismissed' });
    this.#journal.close();
    this.#child.stdin?.destroy();
  }
}

/** What a guard is told when it starts. */
export interface GuardOptions {
  /** To be removed if we die. */
  readonly temporaryFile?: string | undefined;
  /** How long processes may stand still; without it no deadline is enforced. */
  readonly maxStopMs?: number | undefined;
  /** What it runs, ours unless told. */
  readonly program?: string | undefined;
}

function spawnGuard(
  { temporaryFile, maxStopMs, program = guardProgram() }: GuardOptions,
  journal: GuardJournal,
): ChildProcess {
  const file = temporaryFile === undefined ? '' : path.resolve(temporaryFile);
  const stdio: ('pipe' | 'ignore' | number)[] = ['pipe', 'pipe', 'ignore'];
  stdio[JOURNAL_FD] = journal.fd;
  return spawn(process.execPath, [program, file, String(maxStopMs ?? '')], {
    // a group of its own, which Ctrl-C does not reach
    detached: true,
    cwd: '/',
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio,
  });
}

/** Lets this process end while the guard runs: its end is what the guard waits for. */
function letGo(child: ChildProcess): void {
  child.unref();
  child.stdout?.destroy();
  if (child.stdin instanceof Socket) child.stdin.unref();
}

function untilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => {
      reject(new CaptureError('GUARD_FAILED', { what: 'the guard did not start', cause }));
    };
    child.once('error', fail).once('exit', fail);
    child.stdin?.on('error', () => {
      // the guard is dead: the capture goes on, and resumes the target itself
    });
    child.stdout?.once('data', () => {
      resolve();
    });
  });
}

/**
 * Starts the guard of a capture and waits until it can do its work.
 *
 * @throws {CaptureError} `GUARD_FAILED`
 */
export async function startGuard(options: GuardOptions): Promise<Guard> {
  const journal = new GuardJournal(openJournalFile());
  const child = spawnGuard(options, journal);
  const guard = new Guard(child, journal);
  try {
    await untilReady(child);
    letGo(child);
    return guard;
  } catch (error) {
    guard.dismiss();
    throw error;
  }
}

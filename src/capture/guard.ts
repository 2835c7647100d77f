import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { Socket } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CaptureError } from '../format/errors.js';
import { GUARD_STATE, STATE_FD, type GuardState } from './guard-state.js';
import type { Target } from './identity.js';
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
function openStateFile(): number {
  try {
    return openNameless(os.tmpdir());
  } catch {
    // no place there, or a read-only one: memory is as good
    return openNameless('/dev/shm');
  }
}

/** Somebody who outlives us, even a SIGKILL: resumes the target if it is armed, and removes the unfinished file. */
export class Guard {
  readonly #child: ChildProcess;
  readonly #stateFd: number;
  #isDismissed = false;

  constructor(child: ChildProcess, stateFd: number) {
    this.#child = child;
    this.#stateFd = stateFd;
  }

  /** From now on the target is resumed if we die. Takes effect before it returns. */
  arm(): void {
    writeState(this.#stateFd, 'armed');
  }

  disarm(): void {
    writeState(this.#stateFd, 'watching');
  }

  /** Sends it home; nothing is left for it to do. */
  dismiss(): void {
    if (this.#isDismissed) return;
    this.#isDismissed = true;
    writeState(this.#stateFd, 'dismissed');
    fs.closeSync(this.#stateFd);
    this.#child.stdin?.destroy();
  }
}

function writeState(fd: number, state: GuardState): void {
  fs.writeSync(fd, Uint8Array.of(GUARD_STATE[state]), 0, 1, 0);
}

function spawnGuard(target: Target, temporaryFile: string | undefined, stateFd: number): ChildProcess {
  const file = temporaryFile === undefined ? [] : [path.resolve(temporaryFile)];
  const stdio: ('pipe' | 'ignore' | number)[] = ['pipe', 'pipe', 'ignore'];
  stdio[STATE_FD] = stateFd;
  return spawn(process.execPath, [guardProgram(), String(target.pid), String(target.startTime), ...file], {
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
export async function startGuard(target: Target, temporaryFile: string | undefined): Promise<Guard> {
  const stateFd = openStateFile();
  writeState(stateFd, 'watching');
  const child = spawnGuard(target, temporaryFile, stateFd);
  const guard = new Guard(child, stateFd);
  try {
    await untilReady(child);
    letGo(child);
    return guard;
  } catch (error) {
    guard.dismiss();
    throw error;
  }
}

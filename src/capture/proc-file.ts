import * as fs from 'node:fs';
import { CaptureError, IoError, errnoOf, type CritError } from '../format/errors.js';

/** What the kernel wants of those who read another process, for the message of `NO_PERMISSION`. */
const RIGHTS =
  'needed: root, or the same user and a dumpable process (and Yama ptrace_scope 0), ' +
  'or CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH';

const GONE: readonly (string | undefined)[] = ['ENOENT', 'ESRCH'];
const FORBIDDEN: readonly (string | undefined)[] = ['EACCES', 'EPERM'];

/** Path of a file of a process or, with `task/TID/` in front of its name, of a thread. */
export function procPath(pid: number, file: string): string {
  return `/proc/${String(pid)}/${file}`;
}

/** Whether this error says that a process, thread or descriptor is not there any more. */
export function isGone(error: unknown): boolean {
  return GONE.includes(errnoOf(error));
}

/** Whether this error says that we may not. */
export function isForbidden(error: unknown): boolean {
  return FORBIDDEN.includes(errnoOf(error));
}

/** What it means for a capture that `what` of a process failed with `cause`. */
export function targetFailure(pid: number, what: string, cause: unknown): CritError {
  const errno = errnoOf(cause) ?? String(cause);
  if (isForbidden(cause)) {
    return new CaptureError('NO_PERMISSION', {
      what: `${what} of process ${String(pid)} is forbidden (${errno}); ${RIGHTS}`,
      cause,
    });
  }
  if (isGone(cause)) return new CaptureError('TARGET_ENDED', { what: `process ${String(pid)} has ended`, cause });
  return new IoError('READ_FAILED', { what: `${what} of process ${String(pid)} failed (${errno})`, cause });
}

/**
 * All bytes of a file of a process.
 *
 * @throws {CaptureError} `NO_PERMISSION`, `TARGET_ENDED`
 * @throws {IoError} `READ_FAILED`
 */
export function readProcFile(pid: number, file: string): Buffer {
  try {
    return fs.readFileSync(procPath(pid, file));
  } catch (cause) {
    throw targetFailure(pid, `reading ${file}`, cause);
  }
}

/** The same for a thread or descriptor that may vanish meanwhile: undefined when it has. */
export function readIfThere(pid: number, file: string): Buffer | undefined {
  try {
    return fs.readFileSync(procPath(pid, file));
  } catch (cause) {
    if (isGone(cause)) return undefined;
    throw targetFailure(pid, `reading ${file}`, cause);
  }
}

/** The numbers that name the entries of a directory of a process (`task`, `fd`), ascending. */
export function listNumbers(pid: number, directory: string): number[] {
  try {
    const names = fs.readdirSync(procPath(pid, directory));
    return names.map(Number).sort((a, b) => a - b);
  } catch (cause) {
    throw targetFailure(pid, `listing ${directory}`, cause);
  }
}

/** Opens a file of a process for reading. The caller closes the descriptor. */
export function openProcFile(pid: number, file: string): number {
  try {
    return fs.openSync(procPath(pid, file), 'r');
  } catch (cause) {
    throw targetFailure(pid, `opening ${file}`, cause);
  }
}

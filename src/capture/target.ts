import * as fs from 'node:fs';
import { CaptureError, errnoOf } from '../format/errors.js';
import { is64Bit } from './auxv.js';
import { isOwnGuard } from './guard.js';
import { hasEnded, type Target } from './identity.js';
import { isForbidden, isGone, procPath, readIfThere, readProcFile, targetFailure } from './proc-file.js';
import { parseStat, type Stat } from './stat.js';
import { parseStatus } from './status.js';

function endedError(pid: number): CaptureError {
  return new CaptureError('TARGET_ENDED', { what: `process ${String(pid)} has ended` });
}

function isHidden(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return isForbidden(cause);
  }
}

function readFirstStat(pid: number): Stat {
  const stat = Number.isSafeInteger(pid) && pid > 0 ? readIfThere(pid, 'stat') : undefined;
  if (stat) return parseStat(stat);
  if (pid > 0 && isHidden(pid)) {
    throw new CaptureError('NO_PERMISSION', { what: `process ${String(pid)} is hidden from this user in /proc` });
  }
  throw new CaptureError('NO_SUCH_PROCESS', { what: `there is no process ${String(pid)}` });
}

function refuseOther(pid: number, stat: Stat): void {
  const { tgid } = parseStatus(readProcFile(pid, 'status'));
  if (tgid !== pid) {
    throw new CaptureError('NOT_A_PROCESS', { what: `${String(pid)} is a thread of process ${String(tgid)}` });
  }
  if (stat.isKernelThread) throw new CaptureError('NOT_A_PROCESS', { what: `${String(pid)} is a kernel thread` });
  if (hasEnded(stat.state)) throw endedError(pid);
  if (pid === process.pid) throw new CaptureError('OWN_PROCESS', { what: `process ${String(pid)} is this one` });
  if (isOwnGuard(pid, stat)) {
    throw new CaptureError('OWN_PROCESS', { what: `process ${String(pid)} is the guard of a capture` });
  }
}

function refuseOtherMachines(): void {
  const machine = `${process.platform} ${process.arch}`;
  if (machine === 'linux x64') return;
  throw new CaptureError('UNSUPPORTED_MACHINE', { what: 'the machine', actual: machine, expected: 'linux x64' });
}

function refuse32Bit(pid: number): void {
  if (is64Bit(readProcFile(pid, 'auxv'))) return;
  throw new CaptureError('UNSUPPORTED_MACHINE', { what: `process ${String(pid)} runs a 32-bit program` });
}

/**
 * The process of a pid, if it is one that can be captured.
 *
 * @throws {CaptureError} `UNSUPPORTED_MACHINE`, `NO_SUCH_PROCESS`, `NOT_A_PROCESS`, `OWN_PROCESS`, `TARGET_ENDED`,
 *         `NO_PERMISSION`
 */
export function findTarget(pid: number): Target {
  refuseOtherMachines();
  const stat = readFirstStat(pid);
  refuseOther(pid, stat);
  refuse32Bit(pid);
  return { pid, startTime: stat.startTime };
}

/**
 * The state of the process now.
 *
 * @throws {CaptureError} `TARGET_ENDED` when it has ended, also if its pid names another process now
 */
export function readStat(target: Target): Stat {
  const bytes = readIfThere(target.pid, 'stat');
  const stat = bytes && parseStat(bytes);
  if (stat?.startTime !== target.startTime || hasEnded(stat.state)) throw endedError(target.pid);
  return stat;
}

/** The program that the process runs, to see whether it runs another one later. */
export function readExecutable(target: Target): string {
  try {
    return fs.readlinkSync(procPath(target.pid, 'exe'));
  } catch (cause) {
    // a process without a program file (all its text unmapped) has no link, and is still the same
    if (errnoOf(cause) === 'ENOENT') return '';
    throw targetFailure(target.pid, 'reading exe', cause);
  }
}

/**
 * Sends a signal to the process.
 *
 * @throws {CaptureError} `TARGET_ENDED`, `NO_PERMISSION`
 */
export function sendSignal(target: Target, signal: NodeJS.Signals): void {
  readStat(target);
  try {
    process.kill(target.pid, signal);
  } catch (cause) {
    if (isGone(cause)) throw endedError(target.pid);
    const what = `${signal} to process ${String(target.pid)} is forbidden; needed: root, the same user, or CAP_KILL`;
    throw new CaptureError('NO_PERMISSION', { what, cause });
  }
}

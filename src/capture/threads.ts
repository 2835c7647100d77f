import { decodeText } from '../format/bytes/text.js';
import { CaptureError } from '../format/errors.js';
import type { Thread } from '../format/model/image.js';
import type { Registers } from '../format/model/registers.js';
import { isForbidden, listNumbers, readIfThere } from './proc-file.js';
import { parseStat } from './stat.js';
import { parseStatus } from './status.js';
import { parseSyscall } from './syscall.js';

/** The kernel's task state by the letter in stat; letters that are not here are kinds of running. */
const STATE_OF_LETTER: Readonly<Record<string, number>> = { R: 0, S: 1, D: 2, I: 2, T: 4, t: 8, Z: 64, X: 64, x: 64 };
const NO_BYTES = new Uint8Array(0);

/** State letters of the threads of a process, by thread id. */
export type ThreadStates = ReadonlyMap<number, string>;

function mapThreads<V>(pid: number, read: (directory: string) => V | undefined): Map<number, V> {
  const values = new Map<number, V>();
  for (const tid of listNumbers(pid, 'task')) {
    const value = read(`task/${String(tid)}`);
    // a thread that vanished since it was listed
    if (value !== undefined) values.set(tid, value);
  }
  return values;
}

/** The states of all threads now. */
export function readThreadStates(pid: number): Map<number, string> {
  return mapThreads(pid, (directory) => {
    const stat = readIfThere(pid, `${directory}/stat`);
    return stat && parseStat(stat).state;
  });
}

/** How often each thread left a processor; it changes whenever a thread has run. */
export function readContextSwitches(pid: number): Map<number, string> {
  return mapThreads(pid, (directory) => {
    const status = readIfThere(pid, `${directory}/status`);
    return status && parseStatus(status).contextSwitches;
  });
}

/**
 * What the kernel tells of the registers of each thread. For a stopped thread it first waits until the thread has left
 * its processor.
 */
export function readRegisters(pid: number): Map<number, Registers> {
  return mapThreads(pid, (directory) => {
    try {
      const line = readIfThere(pid, `${directory}/syscall`);
      return line && parseSyscall(line);
    } catch (error) {
      // the right to attach is wanted here, which mem may not have needed; registers are then unknown
      if (error instanceof CaptureError && isForbidden(error.cause)) return {};
      throw error;
    }
  });
}

function readComm(pid: number, tid: number): string | undefined {
  const comm = readIfThere(pid, `task/${String(tid)}/comm`);
  return comm && decodeText(comm.subarray(0, -1));
}

/**
 * The threads of a process, the main one first.
 *
 * @param states as they were before the process was stopped; threads born since then count as running
 * @throws {CaptureError} `TARGET_ENDED` when no thread is left
 */
export function describeThreads(
  pid: number,
  states: ThreadStates,
  registers: ReadonlyMap<number, Registers>,
): [Thread, ...Thread[]] {
  const threads: Thread[] = [];
  for (const tid of registers.keys()) {
    const comm = readComm(pid, tid);
    if (comm === undefined) continue;
    const state = STATE_OF_LETTER[states.get(tid) ?? 'R'] ?? 0;
    threads.push({
      tid,
      comm,
      state,
      registers: registers.get(tid) ?? {},
      usesDebug: 0,
      tls: NO_BYTES,
      xstate: NO_BYTES,
    });
  }
  const main = threads.find((thread) => thread.tid === pid);
  if (!main) throw new CaptureError('TARGET_ENDED', { what: `process ${String(pid)} has ended` });
  return [main, ...threads.filter((thread) => thread !== main)];
}

import { decodeText } from '../format/bytes/text.js';
import type { Task } from '../format/model/image.js';
import { hasEnded } from './identity.js';
import { readIfThere } from './proc-file.js';
import { parseStat } from './stat.js';

/** EXIT_ZOMBIE and TASK_DEAD of the kernels that the formats are of. */
const EXIT_ZOMBIE = 16;
const TASK_DEAD = 64;
const NO_BYTES = new Uint8Array(0);

/** A process that has ended and waits for its parent; undefined for one that lives, or is gone. */
export function describeZombie(pid: number): Task | undefined {
  const bytes = readIfThere(pid, 'stat');
  const stat = bytes && parseStat(bytes);
  if (!stat || !hasEnded(stat.state)) return undefined;
  const comm = readIfThere(pid, 'comm');
  const { ppid, pgid, sid, exitCode, exitSignal } = stat;
  const thread = { tid: pid, comm: comm ? decodeText(comm.subarray(0, -1)) : '', state: TASK_DEAD, registers: {} };
  return {
    ...{ pid, tgid: pid, ppid, pgid, sid, exitState: EXIT_ZOMBIE, exitCode, exitSignal },
    mm: undefined,
    files: [],
    threads: [{ ...thread, usesDebug: 0, tls: NO_BYTES, xstate: NO_BYTES }],
  };
}

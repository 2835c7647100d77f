import { CaptureError } from '../format/errors.js';
import type { MmAddresses, Task } from '../format/model/image.js';
import { vaddrOf } from '../format/model/page.js';
import type { Registers } from '../format/model/registers.js';
import type { ContentsPolicy } from './contents-policy.js';
import { describeFiles, type OpenFiles } from './files.js';
import type { Target } from './identity.js';
import type { PageLookup } from './page-selection.js';
import { readProcFile } from './proc-file.js';
import { parseSmaps, type Mapping } from './smaps.js';
import type { Stat } from './stat.js';
import { readStat } from './target.js';
import { describeThreads, type ThreadStates } from './threads.js';
import { describeVmas } from './vmas.js';

/**
 * The addresses of mm_struct. `brk` is the end of [heap], rounded up to a page, since /proc does not tell it; without a
 * heap it is `start_brk`.
 */
function describeAddresses(stat: Stat, mappings: readonly Mapping[]): MmAddresses {
  const heap = mappings.findLast((mapping) => mapping.path === '[heap]');
  return { ...stat.addresses, brk: heap ? vaddrOf(heap.endVpn) : stat.addresses.start_brk };
}

function readVisibleStat(target: Target): Stat {
  const stat = readStat(target);
  if (stat.hasAddresses) return stat;
  throw new CaptureError('NO_PERMISSION', { what: `the kernel hides the addresses of process ${String(target.pid)}` });
}

/** What was learned of a process before it is described. */
export interface Observation {
  readonly lookup: PageLookup;
  readonly states: ThreadStates;
  readonly registers: ReadonlyMap<number, Registers>;
  /** What is captured of each mapping. */
  readonly policy: ContentsPolicy;
  readonly signal: AbortSignal | undefined;
  /** Open files of those that were described before, to which its own are added. */
  readonly openFiles?: OpenFiles | undefined;
}

/**
 * All of a process but the contents of its pages, by synchronous calls only.
 *
 * @throws {CaptureError} `TARGET_ENDED`, `TARGET_EXECED`, `NO_PERMISSION`
 */
export function describeTask(target: Target, observation: Observation): Task {
  const { pid } = target;
  const stat = readVisibleStat(target);
  const mappings = parseSmaps(readProcFile(pid, 'smaps'));
  const addresses = describeAddresses(stat, mappings);
  const vmas = describeVmas(observation.lookup, pid, mappings, addresses, observation);
  return {
    pid,
    tgid: pid,
    ppid: stat.ppid,
    pgid: stat.pgid,
    sid: stat.sid,
    exitState: 0,
    // of a process that lives it tells of a stop, and that would be ours
    exitCode: 0,
    exitSignal: stat.exitSignal,
    mm: { ...addresses, vmas, ldt: new Uint8Array(0) },
    files: describeFiles(pid, observation.openFiles),
    threads: describeThreads(pid, observation.states, observation.registers),
  };
}

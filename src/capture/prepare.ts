import { CaptureError } from '../format/errors.js';
import type { CaptureOptions } from './capture-options.js';
import type { Family } from './family.js';
import { startGuard, type Guard } from './guard.js';
import type { Hold } from './hold.js';
import { defaultPauseBudget, prepareRoom, prepareSmallRoom, type BudgetRoom } from './pause-budget.js';
import { isGiant, locatePopulated, type PopulatedBlocks } from './populated.js';
import { readProcFile } from './proc-file.js';
import { parseSmaps } from './smaps.js';

/** maps is cheap, smaps walks all page tables: it is read only if there is a giant mapping to search. */
async function searchGiantsOf(
  { target, pagemap }: Hold,
  signal: AbortSignal | undefined,
): Promise<PopulatedBlocks | undefined> {
  const { pid } = target;
  try {
    if (!parseSmaps(readProcFile(pid, 'maps')).some(isGiant)) return undefined;
    return await locatePopulated(pagemap, parseSmaps(readProcFile(pid, 'smaps')), signal);
  } catch (error) {
    // whoever ended, or runs another program now, is seen to when the others stand still
    if (error instanceof CaptureError) return undefined;
    throw error;
  }
}

/** Looks for pages of giant mappings while the processes run; nobody depends on it. */
async function searchGiants({ holds }: Family, { freeze, signal }: CaptureOptions): Promise<PopulatedBlocks> {
  const populated = new Set<number>();
  if (freeze === false) return populated;
  for (const hold of holds) for (const block of (await searchGiantsOf(hold, signal)) ?? []) populated.add(block);
  return populated;
}

/** A guard, where there is something for it to do. @throws {CaptureError} `GUARD_FAILED` */
async function guardIfNeeded({ freeze, temporaryFile, maxStopMs }: CaptureOptions): Promise<Guard | undefined> {
  if (freeze === false && temporaryFile === undefined) return undefined;
  return startGuard({ temporaryFile, maxStopMs });
}

async function roomIfWanted({ holds }: Family, options: CaptureOptions): Promise<BudgetRoom | undefined> {
  const { signal, onDeadline, parent, preCopy, freeze } = options;
  const pauseBudgetBytes = options.pauseBudgetBytes ?? (onDeadline === 'partial' ? defaultPauseBudget() : undefined);
  const pids = holds.map(({ target }) => target.pid);
  if (pauseBudgetBytes !== undefined) return prepareRoom(pids, pauseBudgetBytes, signal);
  // most is left to the parent: what is not may be held in little room
  return parent && !preCopy && freeze !== false ? prepareSmallRoom(pids, signal) : undefined;
}

/** What is done while the processes still run. */
export interface Prepared {
  readonly guard: Guard | undefined;
  readonly room: BudgetRoom | undefined;
  readonly populated: PopulatedBlocks;
}

/** Starts the guard, searches giant mappings and makes room at the same time. @throws {CaptureError} */
export async function prepare(family: Family, options: CaptureOptions): Promise<Prepared> {
  const starting = guardIfNeeded(options);
  const searching = searchGiants(family, options);
  const making = roomIfWanted(family, options);
  try {
    const [guard, populated, room] = await Promise.all([starting, searching, making, options.beforeStop]);
    return { guard, populated, room };
  } catch (error) {
    const [started, made] = await Promise.allSettled([starting, making, searching]);
    if (started.status === 'fulfilled') started.value?.dismiss();
    if (made.status === 'fulfilled') await made.value?.team?.end();
    throw error;
  }
}

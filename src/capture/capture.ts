import { UsageError } from '../format/errors.js';
import type { ImageHeader, Task } from '../format/model/image.js';
import { contentsPolicy, type ContentsOptions } from './contents-policy.js';
import { Freeze } from './freeze.js';
import { startGuard, type Guard } from './guard.js';
import type { Target } from './identity.js';
import { readHeader } from './machine.js';
import { ProcessMemory } from './memory.js';
import { Pagemap } from './pagemap.js';
import { holdContents, prepareRoom, type BudgetRoom } from './pause-budget.js';
import { isGiant, locatePopulated, type PopulatedBlocks } from './populated.js';
import { readProcFile } from './proc-file.js';
import { ProcessImage, letGoOf, type Hold } from './process-image.js';
import { parseSmaps } from './smaps.js';
import { findTarget, readExecutable } from './target.js';
import { describeTask } from './task.js';
import { readRegisters, readThreadStates } from './threads.js';

const FREEZE_TIMEOUT_MS = 10_000;

export interface CaptureOptions extends ContentsOptions {
  /** Whether the process stands still while it is read. Default true. */
  readonly freeze?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How long to wait for every thread to stop, in milliseconds. Default 10 000. */
  readonly freezeTimeoutMs?: number | undefined;
  /** A file that is removed if we die before the image is closed (`FileSink.temporaryName`). */
  readonly temporaryFile?: string | undefined;
  /** What else has to be done before the process is stopped; where it fails, the process is not. */
  readonly beforeStop?: Promise<unknown> | undefined;
  /**
   * Copies the contents to memory while the process is stopped, and lets it run on before they are read from the image,
   * if they are no more than this many bytes; `stats` tells. Not together with `freeze: false`. Default: not at all.
   */
  readonly pauseBudgetBytes?: number | undefined;
}

/** What is open of a process before it is stopped. */
type Opened = Omit<Hold, 'policy' | 'guard' | 'freeze' | 'room'>;

async function open(pid: number): Promise<Opened> {
  const target = findTarget(pid);
  const executable = readExecutable(target);
  const memory = new ProcessMemory(target);
  try {
    return { target, executable, memory, pagemap: new Pagemap(pid) };
  } catch (error) {
    await memory.close();
    throw error;
  }
}

/** maps is cheap, smaps walks all page tables: it is read only if there is a giant mapping to search. */
async function searchGiants(opened: Opened, signal: AbortSignal | undefined): Promise<PopulatedBlocks> {
  const { pid } = opened.target;
  if (!parseSmaps(readProcFile(pid, 'maps')).some(isGiant)) return new Set();
  return locatePopulated(opened.pagemap, parseSmaps(readProcFile(pid, 'smaps')), signal);
}

async function guardIfNeeded(target: Target, options: CaptureOptions): Promise<Guard | undefined> {
  if (options.freeze === false && options.temporaryFile === undefined) return undefined;
  return startGuard(target, options.temporaryFile);
}

async function roomIfWanted({ target, memory }: Opened, options: CaptureOptions): Promise<BudgetRoom | undefined> {
  const { pauseBudgetBytes, signal } = options;
  return pauseBudgetBytes === undefined ? undefined : prepareRoom(target.pid, memory, pauseBudgetBytes, signal);
}

/** What is done while the process still runs. */
interface Prepared extends Pick<Hold, 'guard' | 'room'> {
  readonly populated: PopulatedBlocks;
}

/** Starts the guard, searches giant mappings and makes room at the same time. */
async function prepare(opened: Opened, options: CaptureOptions): Promise<Prepared> {
  const isSearchOfUse = options.freeze !== false;
  const starting = guardIfNeeded(opened.target, options);
  const searching = isSearchOfUse ? searchGiants(opened, options.signal) : Promise.resolve(new Set<number>());
  const making = roomIfWanted(opened, options);
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

/** The task of a process that may stand still: all calls are synchronous. */
function describe(hold: Hold, populated: PopulatedBlocks, signal: AbortSignal | undefined): Task {
  const { policy, target, memory, pagemap, freeze } = hold;
  // a process that executed another program meanwhile must not be described with the memory of the first
  memory.checkAlive();
  return describeTask(target, {
    lookup: { pagemap, memory, populated, isFrozen: freeze !== undefined },
    states: freeze?.statesBefore ?? readThreadStates(target.pid),
    registers: freeze?.registers ?? readRegisters(target.pid),
    policy,
    signal,
  });
}

/** The image; where contents are held by now, the process runs on. */
async function imageOf(hold: Hold, header: ImageHeader, task: Task, signal?: AbortSignal): Promise<ProcessImage> {
  if (!hold.room) return new ProcessImage(hold, header, task);
  const holding = await holdContents(hold.room, task, hold.memory, signal);
  const image = new ProcessImage(hold, header, task, holding);
  if (holding.held) await image.release();
  return image;
}

/**
 * A live process as an image: stops it, reads its structure and finds the pages it has. It stays stopped until
 * `release` or `close`, and a guard resumes it should we die before that.
 *
 * @param pid of the whole process, not of a thread
 * @throws {CaptureError} any code but `REFUSED`; the process runs on as before then
 * @throws the reason of `options.signal` when it is aborted
 * Source: spec/proc.md.
 */
export async function captureProcess(pid: number, options: CaptureOptions = {}): Promise<ProcessImage> {
  options.signal?.throwIfAborted();
  if (options.freeze === false && options.pauseBudgetBytes !== undefined)
    throw new UsageError('BAD_ARGUMENT', { what: 'a pause budget is of no use to a process that is not stopped' });
  const policy = contentsPolicy(options);
  const opened = await open(pid);
  let hold: Hold = { ...opened, policy, guard: undefined, freeze: undefined, room: undefined };
  try {
    const { populated, ...prepared } = await prepare(opened, options);
    const { guard } = prepared;
    hold = { ...hold, ...prepared };
    const header = readHeader();
    options.signal?.throwIfAborted();
    if (guard && options.freeze !== false) {
      const freeze = new Freeze(opened.target, guard, options.freezeTimeoutMs ?? FREEZE_TIMEOUT_MS);
      hold = { ...hold, freeze };
    }
    return await imageOf(hold, header, describe(hold, populated, options.signal), options.signal);
  } catch (error) {
    await letGoOf(hold);
    throw error;
  }
}

import { UsageError } from '../format/errors.js';
import type { ImageHeader } from '../format/model/image.js';
import { contentsPolicy, type ContentsOptions } from './contents-policy.js';
import { describeTogether, type Described } from './described.js';
import { freezeAll, type Freeze } from './freeze.js';
import type { FreezeChoice } from './freeze-method.js';
import { startGuard, type Guard } from './guard.js';
import type { Target } from './identity.js';
import { readHeader } from './machine.js';
import { ProcessMemory } from './memory.js';
import { Pagemap } from './pagemap.js';
import { defaultPauseBudget, holdContents, prepareRoom, type BudgetRoom } from './pause-budget.js';
import { isGiant, locatePopulated, type PopulatedBlocks } from './populated.js';
import { readProcFile } from './proc-file.js';
import { PreCopy, type PreCopyOptions } from './precopy.js';
import type { Observed } from './precopy-round.js';
import { ProcessImage, letGoOf, releaseHold, type Hold } from './process-image.js';
import { parseSmaps } from './smaps.js';
import { findTarget, readExecutable } from './target.js';
import { Tracking, type TrackOptions } from './tracking/tracking.js';

export interface CaptureOptions extends ContentsOptions, TrackOptions {
  /** Whether the process stands still while it is read. Default true. */
  readonly freeze?: boolean | undefined;
  /** By what it is made to stand still. Default `auto`. */
  readonly freezeMethod?: FreezeChoice | undefined;
  /** How long it may stand still for us, in milliseconds; it runs on after that in any case. Default: as long as it takes. */
  readonly maxStopMs?: number | undefined;
  /**
   * What to do when that time is over: `fail` with `DEADLINE`, or keep what was read until then, `partial`. Contents are then
   * held in memory (`pauseBudgetBytes`); where there is no room for them, or not all of the structure was read, it fails as
   * well. Default `fail`.
   */
  readonly onDeadline?: 'fail' | 'partial' | undefined;
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
  /** Copies the contents while the process runs, and only what has changed since while it stands still. Default: not at all. */
  readonly preCopy?: PreCopyOptions | undefined;
}

/** What is open of a process before it is stopped. */
export type Opened = Omit<Hold, 'policy' | 'guard' | 'freeze' | 'room'>;

/** Opens a process, if it is one that can be captured; the caller lets go of it. @throws {CaptureError} */
export async function openProcess(pid: number): Promise<Opened> {
  const target = findTarget(pid);
  const executable = readExecutable(target);
  const memory = new ProcessMemory(target);
  try {
    return { target, executable, memory, pagemap: new Pagemap(pid), files: [] };
  } catch (error) {
    await memory.close();
    throw error;
  }
}

/** maps is cheap, smaps walks all page tables: it is read only if there is a giant mapping to search. */
export async function searchGiants(opened: Opened, signal: AbortSignal | undefined): Promise<PopulatedBlocks> {
  const { pid } = opened.target;
  if (!parseSmaps(readProcFile(pid, 'maps')).some(isGiant)) return new Set();
  return locatePopulated(opened.pagemap, parseSmaps(readProcFile(pid, 'smaps')), signal);
}

/** A guard, where there is something for it to do. @throws {CaptureError} `GUARD_FAILED` */
export async function guardIfNeeded(options: CaptureOptions): Promise<Guard | undefined> {
  if (options.freeze === false && options.temporaryFile === undefined) return undefined;
  const { temporaryFile, maxStopMs } = options;
  return startGuard({ temporaryFile, maxStopMs });
}

async function roomIfWanted({ target, memory }: Opened, options: CaptureOptions): Promise<BudgetRoom | undefined> {
  const { signal, onDeadline } = options;
  const pauseBudgetBytes = options.pauseBudgetBytes ?? (onDeadline === 'partial' ? defaultPauseBudget() : undefined);
  return pauseBudgetBytes === undefined ? undefined : prepareRoom(target.pid, memory, pauseBudgetBytes, signal);
}

/** What is done while the process still runs. */
interface Prepared extends Pick<Hold, 'guard' | 'room'> {
  readonly populated: PopulatedBlocks;
}

/** Starts the guard, searches giant mappings and makes room at the same time. */
async function prepare(opened: Opened, options: CaptureOptions): Promise<Prepared> {
  const isSearchOfUse = options.freeze !== false;
  const starting = guardIfNeeded(options);
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

/** What finds changes, if that is wanted. @throws {UsageError} */
function trackIfWanted(target: Target, options: CaptureOptions): Tracking | undefined {
  const isWanted = options.parent !== undefined || options.track !== undefined;
  return isWanted ? new Tracking(target, options) : undefined;
}

function freezeOne({ target, memory }: Hold, guard: Guard, options: CaptureOptions): Freeze {
  const { freezeMethod: method, freezeTimeoutMs: timeoutMs, maxStopMs } = options;
  const freeze = freezeAll([target], guard, { method, timeoutMs, maxStopMs });
  memory.setDeadline(freeze.deadline);
  return freeze;
}

/** Copies the process while it runs, if that is wanted; `hold` is what is known of it by now. */
async function preCopyIfWanted(
  hold: Hold,
  populated: PopulatedBlocks,
  options: CaptureOptions,
): Promise<PreCopy | undefined> {
  const { guard, target, memory, pagemap, files } = hold;
  const { preCopy: wanted, signal } = options;
  if (!wanted || !guard) return undefined;
  let freeze: Freeze | undefined;
  const stop = (): (() => number) => {
    const stopped = freezeOne(hold, guard, options);
    freeze = stopped;
    return () => {
      stopped.resume();
      freeze = undefined;
      memory.setDeadline(undefined);
      return stopped.stoppedNs ?? 0;
    };
  };
  const observe = (): Observed => {
    // nothing is read any more of what was observed before
    for (const file of files.splice(0)) file.close();
    const { tasks, contents } = describeTogether([{ ...hold, freeze }], { populated, files, signal, isExact: false });
    return { vmas: tasks[0].mm?.vmas ?? [], contents };
  };
  const preCopy = new PreCopy({ target, pagemap, signal, stop, observe }, wanted);
  try {
    await preCopy.run();
    return preCopy;
  } catch (error) {
    await preCopy.close();
    throw error;
  }
}

/** The image of a process that was copied before it was stopped; it runs on already. */
async function preCopied(
  hold: Hold,
  header: ImageHeader,
  described: Described,
  options: CaptureOptions,
): Promise<ProcessImage> {
  const { preCopy, tracking, pagemap } = hold;
  if (!preCopy) return imageOf(hold, header, described, options);
  const copied = await preCopy.finish(described.tasks[0], described.contents);
  releaseHold(hold);
  const now = preCopy.store;
  // changes since a parent are looked for in the copy, which is of the moment of the stop
  const left = { now, pagemap, isStopped: false, signal: options.signal };
  const task = (await tracking?.leaveToParent(copied, left)) ?? copied;
  return new ProcessImage(hold, header, { ...described, tasks: [task] }, { held: now }, true);
}

/** What is described without what is left to a parent. */
async function withoutUnchanged(
  { tracking, pagemap, freeze }: Hold,
  described: Described,
  signal: AbortSignal | undefined,
): Promise<Described> {
  if (!tracking) return described;
  const left = { now: described.contents, pagemap, isStopped: freeze !== undefined, signal };
  return { ...described, tasks: [await tracking.leaveToParent(described.tasks[0], left)] };
}

/** The image; where contents are held by now, the process runs on. */
async function imageOf(
  hold: Hold,
  header: ImageHeader,
  all: Described,
  options: CaptureOptions,
): Promise<ProcessImage> {
  const { room, memory, freeze } = hold;
  const { signal } = options;
  const described = await withoutUnchanged(hold, all, signal);
  if (!room) return new ProcessImage(hold, header, described);
  const mayBePartial = options.onDeadline === 'partial';
  const holding = await holdContents(room, { described, memory, freeze, mayBePartial, signal });
  const image = new ProcessImage(hold, header, holding.described, holding);
  if (holding.held) await image.release();
  return image;
}

/** @throws {UsageError} `BAD_ARGUMENT` for options that exclude each other */
export function refuseContradictions(options: CaptureOptions): void {
  const { freeze, pauseBudgetBytes, maxStopMs, onDeadline, preCopy } = options;
  const refuse = (what: string): never => {
    throw new UsageError('BAD_ARGUMENT', { what });
  };
  if (freeze === false && pauseBudgetBytes !== undefined)
    refuse('a pause budget is of no use to a process that is not stopped');
  if (freeze === false && maxStopMs !== undefined) refuse('a process that is not stopped has no longest stop');
  if (onDeadline === 'partial' && maxStopMs === undefined) refuse('without a longest stop there is no deadline');
  if (freeze === false && preCopy) refuse('pre-copying is of no use to a process that is not stopped');
  if (pauseBudgetBytes !== undefined && preCopy) refuse('a pause budget and pre-copying exclude each other');
  if (onDeadline === 'partial' && preCopy) refuse('keeping a part and pre-copying exclude each other');
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
  refuseContradictions(options);
  const policy = contentsPolicy(options);
  const opened = await openProcess(pid);
  let hold: Hold = { ...opened, policy, guard: undefined, freeze: undefined, room: undefined };
  try {
    hold = { ...hold, tracking: trackIfWanted(opened.target, options) };
    const { populated, ...prepared } = await prepare(opened, options);
    const { guard } = prepared;
    hold = { ...hold, ...prepared };
    hold = { ...hold, preCopy: await preCopyIfWanted(hold, populated, options) };
    const header = readHeader();
    options.signal?.throwIfAborted();
    if (guard && options.freeze !== false) hold = { ...hold, freeze: freezeOne(hold, guard, options) };
    const { files } = hold;
    const described = describeTogether([hold], { populated, files, signal: options.signal });
    return await preCopied(hold, header, described, options);
  } catch (error) {
    await letGoOf(hold);
    throw error;
  }
}

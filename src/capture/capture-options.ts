import { UsageError } from '../format/errors.js';
import type { ContentsOptions } from './contents-policy.js';
import type { FreezeChoice } from './freeze-method.js';
import type { PreCopyOptions } from './precopy.js';
import type { TrackOptions } from './tracking/tracking.js';

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
   * if they are no more than this many bytes; `stats` tells. Not together with `freeze: false`. Default: with a parent a small
   * part of what the process has, at most 48 MiB; else not at all.
   */
  readonly pauseBudgetBytes?: number | undefined;
  /** Copies the contents while the process runs, and only what has changed since while it stands still. Default: not at all. */
  readonly preCopy?: PreCopyOptions | undefined;
}

export interface CaptureTreeOptions extends CaptureOptions {
  /** Whether the descendants of the processes are captured, too. Default false. */
  readonly descendants?: boolean | undefined;
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

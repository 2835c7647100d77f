import type { PreCopyOptions } from '../capture/precopy.js';
import type { TrackWish } from '../capture/tracking/choose.js';
import { UsageError } from '../format/errors.js';
import type { Args } from './command.js';

/** What is asked of an incremental capture. */
export interface IncrementalArgs {
  /** A file. */
  readonly parent: string | undefined;
  readonly track: TrackWish | undefined;
  readonly isExact: boolean;
  readonly preCopy: PreCopyOptions | undefined;
}

const COUNT = /^\d{1,15}$/;

function readCount(text: string, option: string, least: number): number {
  const count = COUNT.test(text) ? Number(text) : -1;
  if (count >= least) return count;
  throw new UsageError('BAD_ARGUMENT', { what: option, expected: `a number from ${String(least)} on`, actual: text });
}

/** `--pre-copy` alone is the empty string: as many rounds as are worth it; `--until-pages` asks for it, too. */
function readPreCopy(rounds: string | undefined, untilPages: string | undefined): PreCopyOptions | undefined {
  if (rounds === undefined && untilPages === undefined) return undefined;
  return {
    rounds: rounds === undefined || rounds === '' ? undefined : readCount(rounds, '--pre-copy', 1),
    untilPages: untilPages === undefined ? undefined : readCount(untilPages, '--until-pages', 0),
  };
}

/** The options `--parent`, `--track`, `--exact`, `--pre-copy` and `--until-pages`. @throws {UsageError} `BAD_ARGUMENT` */
export function incrementalOptions(args: Args): IncrementalArgs {
  // as yargs gives them: text, and of `track` one of its choices
  const given = args as {
    readonly parent?: string;
    readonly track?: TrackWish;
    readonly preCopy?: string;
    readonly untilPages?: string;
  };
  const { parent, track, preCopy, untilPages } = given;
  return { parent, track, isExact: args['exact'] === true, preCopy: readPreCopy(preCopy, untilPages) };
}

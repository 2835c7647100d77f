import type { CaptureOptions } from '../capture/capture.js';
import type { FreezeChoice } from '../capture/freeze-method.js';
import { UsageError } from '../format/errors.js';
import type { Args } from './command.js';
import { parseDuration } from './duration.js';

/** `--freeze` but `none`. */
const FREEZE_CHOICES: readonly FreezeChoice[] = ['auto', 'cgroup', 'signal'];

/** How a process is made to stand still, and for how long. */
export type StopOptions = Pick<CaptureOptions, 'freeze' | 'freezeMethod' | 'maxStopMs' | 'onDeadline'>;

/** Reads `--freeze`, of which yargs makes false for `--no-freeze`, `--max-stop` and `--on-deadline`. @throws {UsageError} */
export function readStopOptions(args: Args): StopOptions {
  // yargs gives a string
  const maxStop = args['max-stop'] as string | undefined;
  return {
    ...readFreeze(args['freeze']),
    maxStopMs: maxStop === undefined ? undefined : parseDuration(maxStop, '--max-stop'),
    onDeadline: args['on-deadline'] === 'partial' ? 'partial' : 'fail',
  };
}

function readFreeze(value: unknown): StopOptions {
  if (value === false || value === 'none') return { freeze: false };
  const freezeMethod = FREEZE_CHOICES.find((choice) => choice === value);
  if (freezeMethod) return { freeze: true, freezeMethod };
  const expected = [...FREEZE_CHOICES, 'none'].join(', ');
  throw new UsageError('BAD_ARGUMENT', { what: '--freeze', expected, actual: String(value) });
}

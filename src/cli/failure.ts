import { CritError } from '../format/errors.js';
import { printable } from './render/printable.js';

/** What the command ends with when something went wrong that nobody foresaw. */
const UNFORESEEN = 70;

/** A reader that went away is no news. */
function isSilent(error: unknown): boolean {
  return error instanceof CritError && error.code === 'OUTPUT_CLOSED';
}

/** The line for standard error, undefined where silence is right. */
export function failureText(error: unknown): string | undefined {
  if (isSilent(error)) return undefined;
  if (error instanceof CritError) return `crit: ${printable(`${error.message}  ${error.location}`)}`;
  if (error instanceof Error) return `crit: internal error: ${printable(error.stack ?? error.message)}`;
  return `crit: internal error: ${printable(String(error))}`;
}

/** 2 usage, 3 image, 4 process, 5 input or output. */
export function failureExitCode(error: unknown): number {
  return error instanceof CritError ? error.exitCode : UNFORESEEN;
}

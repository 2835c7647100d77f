import type { Options } from 'yargs';
import type { ReadImageOptions } from '../format/model/read-options.js';

/** Arguments as yargs gives them; each command reads its own. */
export type Args = Readonly<Record<string, unknown>>;

/** Stands for `-`, of which yargs would make an empty string. */
export const STANDARD_STREAM = 'std:';

/** One command: how it is called, and where what it does is found. Returns the exit status. */
export interface Command {
  readonly usage: string;
  readonly positionals: readonly (readonly [name: string, what: string])[];
  readonly summary: string;
  readonly options: Readonly<Record<string, Options>>;
  /** Options that take a value only as `--name=value`; alone they are the empty string. */
  readonly optionalValues?: readonly string[];
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** What is told at the end of its help, made only when that is asked for. */
  readonly epilogue?: () => Promise<string>;
  readonly run: (args: Args, signal: AbortSignal) => Promise<number>;
}

/** Options that more than one command has. */
export interface SharedOptions {
  readonly json: boolean;
  readonly freeze: boolean;
  readonly vmaType9: ReadImageOptions['vmaType9'];
}

export function readOptions(args: Args): SharedOptions {
  const [json, freeze] = [args['json'] === true, args['freeze'] !== false];
  // yargs has checked it against its choices
  return { json, freeze, vmaType9: args['vma-type-9'] as SharedOptions['vmaType9'] };
}

import type { Options } from 'yargs';

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
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** What is told at the end of its help, made only when that is asked for. */
  readonly epilogue?: () => Promise<string>;
  readonly run: (args: Args, signal: AbortSignal) => Promise<number>;
}

/** The options that every command has. */
export function readOptions(args: Args): { readonly json: boolean; readonly freeze: boolean } {
  return { json: args['json'] === true, freeze: args['freeze'] !== false };
}

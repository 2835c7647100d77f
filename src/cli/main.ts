#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import yargs, { type Argv } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { UsageError } from '../format/errors.js';
import { STANDARD_STREAM, type Command } from './command.js';
import { COMMANDS } from './commands.js';
import { failureExitCode, failureText } from './failure.js';
import { Interrupt } from './interrupt.js';

const INTRO = `Show, compare, capture, convert and save process checkpoint images.

An image is a file, an http(s) URL, - for standard input, or pid:N for a living process.`;

const EPILOGUE = `Exit status: 0 fine, 1 the images differ or the image is damaged, 2 wrong usage,
3 the image cannot be read, 4 the process cannot be captured, 5 input or output failed,
130 interrupted.`;

function version(): string {
  const { version: text } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return text;
}

function describeCommand(parser: Argv, { options, positionals, examples }: Command, epilogue: string): Argv {
  for (const [name, describe] of positionals) parser.positional(name, { type: 'string', describe });
  for (const [line, what] of examples) parser.example(line, what);
  return parser.options(options).epilogue(epilogue);
}

/** Commands are only described here; what they do is loaded when one of them runs. */
function addCommand(parser: Argv, command: Command, epilogue: string, interrupt: Interrupt): Argv {
  return parser.command(
    command.usage,
    command.summary,
    (one) => describeCommand(one, command, epilogue),
    async (args) => {
      process.exitCode = await command.run(args, interrupt.signal);
    },
  );
}

function isHelpAsked(words: readonly string[]): boolean {
  return words.includes('--help') || words.includes('-h');
}

/** The command that is named; undefined for none or an unknown one. */
function namedCommand(words: readonly string[]): Command | undefined {
  return COMMANDS.find(({ usage }) => usage.split(' ')[0] === words[0]);
}

/** The words as yargs takes them: it knows no `-`, and gives each option the word behind it for a value. */
function spellOut(words: readonly string[]): string[] {
  const optional = new Set(namedCommand(words)?.optionalValues?.map((name) => `--${name}`));
  const end = words.includes('--') ? words.indexOf('--') : words.length;
  return words.map((word, i) => {
    if (word === '-') return STANDARD_STREAM;
    return i < end && optional.has(word) ? `${word}=` : word;
  });
}

/** Options of all commands. */
const GLOBAL_OPTIONS = ['color', 'help', 'h', 'version', 'V'];

/** The first option that the command does not know, of which yargs takes what follows for its value. */
function unknownOption(words: readonly string[]): string | undefined {
  const options = Object.entries(namedCommand(words)?.options ?? {});
  const known = new Set([...GLOBAL_OPTIONS, ...options.flatMap(([name, { alias }]) => [name, alias ?? []].flat())]);
  const end = words.indexOf('--');
  const given = words.slice(1, end < 0 ? undefined : end).filter((word) => /^--?[a-zA-Z]/.test(word));
  return given.find((word) => !known.has(word.replace(/^--?(no-)?/, '').replace(/=.*/s, '')));
}

/** What the help ends with. */
async function helpEnd(words: readonly string[]): Promise<string> {
  const own = isHelpAsked(words) ? await namedCommand(words)?.epilogue?.() : undefined;
  return own === undefined ? EPILOGUE : `${own}\n\n${EPILOGUE}`;
}

function buildParser(words: readonly string[], epilogue: string, interrupt: Interrupt): Argv {
  const start = yargs([...words])
    .scriptName('crit')
    .detectLocale(false)
    .usage(INTRO)
    .epilogue(epilogue)
    .option('color', { type: 'boolean', describe: 'Colours; off when piped or with NO_COLOR', global: true })
    .completion('completion', 'Print a completion script for bash or zsh')
    .demandCommand(1, 1, 'say what to do; crit --help lists the commands')
    .strict()
    .version(version())
    .alias({ help: 'h', version: 'V' })
    .wrap(Math.min(100, process.stdout.columns || 100))
    .exitProcess(false)
    .fail((message: string | undefined, error: Error | undefined) => {
      // the help of a command is asked for without its arguments
      if (isHelpAsked(words)) return;
      const unknown = unknownOption(words);
      const what = unknown === undefined ? (message ?? 'wrong usage') : `unknown option ${unknown}`;
      throw error ?? new UsageError('BAD_ARGUMENT', { what });
    });
  // yargs takes its time over each command: where one is named it is described alone
  const named = namedCommand(words);
  const commands = named ? [named] : COMMANDS;
  return commands.reduce<Argv>((parser, command) => addCommand(parser, command, epilogue, interrupt), start);
}

async function main(): Promise<void> {
  const interrupt = new Interrupt();
  try {
    const words = spellOut(hideBin(process.argv));
    await buildParser(words, await helpEnd(words), interrupt).parseAsync();
  } catch (error) {
    process.exitCode = interrupt.exitCode ?? failureExitCode(error);
    const text = interrupt.exitCode === undefined ? failureText(error) : undefined;
    if (text !== undefined) process.stderr.write(`${text}\n`);
  }
}

await main();

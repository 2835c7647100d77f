import { isatty } from 'node:tty';
import { PLAIN, type Palette } from './render/palette.js';

const DESCRIPTORS = { stdout: 1, stderr: 2 } as const;

/**
 * Styles for a stream; plain text where it is no terminal, with NO_COLOR (https://no-color.org), or with --no-color.
 * Who asks for colours by name gets them. chalk is loaded only when there is something to colour.
 */
export async function palette(stream: keyof typeof DESCRIPTORS): Promise<Palette> {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  const isForced = FORCE_COLOR !== undefined || process.argv.includes('--color');
  const isOff = process.argv.includes('--no-color') || (NO_COLOR !== undefined && NO_COLOR !== '' && !isForced);
  if (isOff || (!isForced && !isatty(DESCRIPTORS[stream]))) return PLAIN;
  const { Chalk, supportsColor, supportsColorStderr } = await import('chalk');
  const support = stream === 'stdout' ? supportsColor : supportsColorStderr;
  const chalk = new Chalk({ level: support ? support.level : 0 });
  return {
    heading: chalk.bold,
    faint: chalk.dim,
    name: chalk.cyan,
    added: chalk.green,
    removed: chalk.red,
    changed: chalk.yellow,
    warning: chalk.yellow,
  };
}

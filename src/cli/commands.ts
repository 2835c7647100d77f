import type { Command } from './command.js';
import { ASKING } from './commands/asking.js';
import { COMPARING } from './commands/comparing.js';
import { MAKING } from './commands/making.js';
import { RECORDS } from './commands/records.js';

/** All commands, in the order of the help. */
export const COMMANDS: readonly Command[] = [...ASKING, ...COMPARING, ...MAKING, ...RECORDS];

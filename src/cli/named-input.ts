import { UsageError } from '../format/errors.js';
import type { Args } from './command.js';

/** What a command reads, which may be named alone or with `-i`. @throws {UsageError} `BAD_ARGUMENT` */
export function namedInput(args: Args, positional: string): string {
  const [alone, withOption] = [args[positional], args['input']];
  if (alone !== undefined && withOption !== undefined)
    throw new UsageError('BAD_ARGUMENT', { what: `the ${positional} is named twice, alone and with -i` });
  const input = alone ?? withOption;
  if (typeof input === 'string' && input !== '') return input;
  throw new UsageError('BAD_ARGUMENT', { what: `say which ${positional}; - is standard input` });
}

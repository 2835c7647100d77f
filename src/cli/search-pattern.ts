import { UsageError } from '../format/errors.js';
import type { MappedSpace } from '../format/model/memory-map.js';
import { parseRange, type AddressRange } from '../inspect/address-spec.js';
import { hexPattern, integerPattern, textPattern, type IntegerOptions } from '../inspect/search/bytes-pattern.js';
import { regexPattern, type SearchPattern } from '../inspect/search/pattern.js';
import { STANDARD_STREAM, type Args } from './command.js';

const INTEGER_BYTES = { u8: 1, u16: 2, u32: 4, u64: 8 } as const satisfies Record<string, IntegerOptions['bytes']>;
const INTEGER = /^-?(?:0x[0-9a-f]+|\d+)$/i;

type Form = 'text' | 'hex' | 'utf16' | 'regex' | keyof typeof INTEGER_BYTES;

const FORMS: readonly Form[] = ['text', 'hex', 'utf16', 'regex', 'u8', 'u16', 'u32', 'u64'];
/** Which options change what a form means. */
const CHANGES: Readonly<Record<string, readonly Form[]>> = {
  'ignore-case': ['text', 'utf16', 'regex'],
  aligned: ['u8', 'u16', 'u32', 'u64'],
  'big-endian': ['u8', 'u16', 'u32', 'u64'],
};

function wrong(what: string): UsageError {
  return new UsageError('BAD_ARGUMENT', { what });
}

/** What PATTERN is: text unless told. */
function formOf(args: Args): Form {
  const [form = 'text', ...others] = FORMS.filter((each) => args[each] === true);
  if (others.length > 0) throw wrong(`--${form} and --${others.join(' and --')} do not go together`);
  return form;
}

function integerOf(text: string): bigint {
  if (!INTEGER.test(text))
    throw new UsageError('BAD_ARGUMENT', { what: 'the pattern', expected: 'a number', actual: text });
  return text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text);
}

/** PATTERN, also behind `--`, where yargs leaves what begins with a dash; `-` was replaced for the sake of images. */
function textArgument(args: Args): unknown {
  const rest = args['_'];
  const text: unknown = args['pattern'] ?? (Array.isArray(rest) ? rest[1] : undefined);
  return text === STANDARD_STREAM ? '-' : text;
}

const isPointerSearch = (args: Args): boolean => args['pointer-to'] !== undefined;

/**
 * The pattern that `crit search` is asked for; undefined where it is to find pointers, which depend on the address space.
 *
 * @throws {UsageError} for none, more than one, or one that is no such pattern
 */
export function patternArgument(args: Args): SearchPattern | undefined {
  const form = formOf(args);
  const text = textArgument(args);
  const isFormGiven = FORMS.some((each) => args[each] === true);
  const unfit = Object.entries(CHANGES).find(
    ([name, forms]) => args[name] === true && (isPointerSearch(args) || !forms.includes(form)),
  );
  if (unfit) throw wrong(`--${unfit[0]} does not go with what is searched for`);
  if (isPointerSearch(args)) {
    if (text !== undefined || isFormGiven) throw wrong('--pointer-to takes the place of a pattern');
    return undefined;
  }
  if (typeof text !== 'string' || text === '') throw wrong('say what to search for: a pattern, or --pointer-to RANGE');
  return patternOf(form, text, args);
}

function patternOf(form: Form, text: string, args: Args): SearchPattern {
  const ignoreCase = args['ignore-case'] === true;
  if (form === 'hex') return hexPattern(text);
  if (form === 'regex') return regexPattern(text, { ignoreCase });
  if (form === 'text') return textPattern(text, { ignoreCase });
  if (form === 'utf16') return textPattern(text, { ignoreCase, encoding: 'utf-16le' });
  const [isAligned, isBigEndian] = [args['aligned'] === true, args['big-endian'] === true];
  return integerPattern(integerOf(text), { bytes: INTEGER_BYTES[form], isAligned, isBigEndian });
}

/**
 * What `--pointer-to` names in each address space.
 *
 * @throws {UsageError} if it names nothing in any
 */
export function pointedRanges(args: Args, spaces: readonly MappedSpace[]): [MappedSpace, readonly AddressRange[]][] {
  const text = String(args['pointer-to']);
  let failure: UsageError | undefined;
  const found = spaces.flatMap((space): [MappedSpace, readonly AddressRange[]][] => {
    try {
      return [[space, parseRange(text, space)]];
    } catch (error) {
      // another space may have it
      if (!(error instanceof UsageError)) throw error;
      failure ??= error;
      return [];
    }
  });
  if (found.length === 0) throw failure ?? wrong('there is no memory to search');
  return found;
}

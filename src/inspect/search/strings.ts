import { decodeText } from '../../format/bytes/text.js';
import { UsageError } from '../../format/errors.js';
import type { MemoryMap } from '../../format/model/memory-map.js';
import { LONGEST_MATCH_BYTES, type RegexPattern } from './pattern.js';
import { searchMemory, type CountOptions, type Match } from './search.js';

/** Characters of ASCII that are text: what is printed, and the tab. */
const ASCII = '[\\t -~]';
/** Sequences of UTF-8 as Unicode allows them, without the control characters U+0080 to U+009F. */
const UTF8 = [
  ASCII,
  '\\xc2[\\xa0-\\xbf]',
  '[\\xc3-\\xdf][\\x80-\\xbf]',
  '\\xe0[\\xa0-\\xbf][\\x80-\\xbf]',
  '[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf]{2}',
  '\\xed[\\x80-\\x9f][\\x80-\\xbf]',
  '\\xf0[\\x90-\\xbf][\\x80-\\xbf]{2}',
  '[\\xf1-\\xf3][\\x80-\\xbf]{3}',
  '\\xf4[\\x80-\\x8f][\\x80-\\xbf]{2}',
].join('|');
/** The alphabets of Europe, U+00A0 to U+058F. Of all of Unicode nearly every pair of bytes is a character. */
const UTF16 = `${ASCII}\\x00|[\\xa0-\\xff]\\x00|[^][\\x01-\\x04]|[\\x00-\\x8f]\\x05`;

interface Encoding {
  readonly character: string;
  /** Bytes of the shortest and of the longest character. */
  readonly fewestBytes: number;
  readonly mostBytes: number;
  /** Zeros of pages that are not held that may be part of a character. */
  readonly zeroBytes: number;
  readonly decode: (bytes: Uint8Array) => string;
}

/** The encodings of text that is looked for. */
export const STRING_ENCODINGS = {
  ascii: { character: ASCII, fewestBytes: 1, mostBytes: 1, zeroBytes: 0, decode: decodeText },
  utf8: { character: UTF8, fewestBytes: 1, mostBytes: 4, zeroBytes: 0, decode: decodeText },
  utf16: { character: UTF16, fewestBytes: 2, mostBytes: 2, zeroBytes: 1, decode: decodeUtf16 },
} as const satisfies Record<string, Encoding>;

export type StringEncoding = keyof typeof STRING_ENCODINGS;

/** Fewer characters are no string, unless told otherwise. */
export const DEFAULT_STRING_CHARACTERS = 4;

export interface StringsOptions extends CountOptions {
  /** Default `ascii`. */
  readonly encoding?: StringEncoding | undefined;
  /** Fewest characters. Default 4. */
  readonly minCharacters?: number | undefined;
}

/** Text in memory. */
export interface StringMatch extends Omit<Match, 'before' | 'after'> {
  readonly text: string;
  /** Whether it is as long as one may be, 64 KiB, so that what goes on there is the next one. */
  readonly isCut: boolean;
}

function decodeUtf16(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i + 1 < bytes.length; i += 2)
    text += String.fromCharCode((bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8));
  return text;
}

function patternOf({ character, fewestBytes, zeroBytes }: Encoding, minCharacters: number): RegexPattern {
  const source = `(?:${character}){${String(minCharacters)},${String(LONGEST_MATCH_BYTES / fewestBytes)}}`;
  return { kind: 'regex', source, flags: '', longestBytes: LONGEST_MATCH_BYTES, zeroBytes };
}

/** Most of the fewest characters that can be asked for. */
const MOST_CHARACTERS = 4096;

/**
 * Text in memory: runs of printable characters, whole, across pages and touching mappings, in the order of addresses. UTF-16
 * is little endian, of the alphabets of Europe, at even and odd addresses.
 *
 * @throws {UsageError} for a length that no string has; {FormatError} `TRUNCATED`; the reason of the signal
 */
export async function* stringsIn(map: MemoryMap, options: StringsOptions = {}): AsyncGenerator<StringMatch> {
  const { minCharacters = DEFAULT_STRING_CHARACTERS } = options;
  if (!Number.isInteger(minCharacters) || minCharacters < 1 || minCharacters > MOST_CHARACTERS)
    throw new UsageError('BAD_ARGUMENT', {
      what: 'the shortest string',
      expected: `1 to ${String(MOST_CHARACTERS)} characters`,
      actual: minCharacters,
    });
  const encoding: Encoding = STRING_ENCODINGS[options.encoding ?? 'ascii'];
  for await (const match of searchMemory(map, patternOf(encoding, minCharacters), { ...options, contextBytes: 0 })) {
    const { before: _, after: __, ...rest } = match;
    const isCut = match.length > LONGEST_MATCH_BYTES - encoding.mostBytes;
    yield { ...rest, text: encoding.decode(match.bytes), isCut };
  }
}

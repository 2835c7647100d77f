import { UsageError } from '../../format/errors.js';
import type { AddressRange } from '../address-spec.js';

/** Bytes at any address, or at multiples of `alignBytes`. All positions match, overlapping ones too. */
export interface BytesPattern {
  readonly kind: 'bytes';
  readonly bytes: Uint8Array;
  /** As long: the bits of each byte that count. 0xff for an exact one, 0 for any. */
  readonly mask: Uint8Array;
  readonly alignBytes: number;
}

/** A native word at its alignment whose value lies in one of the ranges. */
export interface WordPattern {
  readonly kind: 'word';
  readonly wordBytes: 4 | 8;
  readonly ranges: readonly AddressRange[];
}

/** A JavaScript expression on bytes as characters U+0000 to U+00FF. Leftmost matches, none overlapping another. */
export interface RegexPattern {
  readonly kind: 'regex';
  readonly source: string;
  /** As RegExp takes them, without `g` and `y`. */
  readonly flags: string;
  /** A longer match is cut here; at least as much is seen on both sides by what looks around. */
  readonly longestBytes: number;
  /** So many zeros of pages that are not held are looked at beside held ones. */
  readonly zeroBytes: number;
}

/** What is searched for; plain data. */
export type SearchPattern = BytesPattern | WordPattern | RegexPattern;

/** The longest pattern of bytes, and the longest match of an expression. */
export const LONGEST_MATCH_BYTES = 64 * 1024;

/** Longest match of an expression, unless told. */
export const DEFAULT_MATCH_BYTES = 4096;

export interface RegexOptions {
  /** Default false. Folds as JavaScript does: ASCII letters, and bytes that are letters in Latin-1. */
  readonly ignoreCase?: boolean | undefined;
  /** Default 4096, at most 64 KiB. A match that would be longer is cut. */
  readonly maxMatchBytes?: number | undefined;
}

/**
 * A regular expression on bytes. `.` is any byte; `^` and `$` stand for the ends of a stretch of memory.
 *
 * @throws {UsageError} if it is none, or has characters beyond ASCII: bytes are written `\xNN`
 */
export function regexPattern(source: string, options: RegexOptions = {}): RegexPattern {
  const { ignoreCase = false, maxMatchBytes = DEFAULT_MATCH_BYTES } = options;
  const flags = ignoreCase ? 'is' : 's';
  if (source === '') throw new UsageError('BAD_ARGUMENT', { what: 'the expression is empty' });
  if (/[^\0-\x7f]/.test(source))
    throw new UsageError('BAD_ARGUMENT', { what: 'the expression', expected: 'ASCII, and \\xNN for other bytes' });
  if (maxMatchBytes < 1 || maxMatchBytes > LONGEST_MATCH_BYTES)
    throw new UsageError('BAD_ARGUMENT', {
      what: 'the longest match',
      expected: `1 to ${String(LONGEST_MATCH_BYTES)} bytes`,
      actual: maxMatchBytes,
    });
  try {
    new RegExp(source, flags);
  } catch (cause) {
    throw new UsageError('BAD_ARGUMENT', { what: cause instanceof Error ? cause.message : String(cause), cause });
  }
  return { kind: 'regex', source, flags, longestBytes: maxMatchBytes, zeroBytes: maxMatchBytes - 1 };
}

/**
 * Aligned words that point into one of `ranges`.
 *
 * @param wordBytes  as `map.format` has it
 * @throws {UsageError} for an empty range, or none
 */
export function pointerPattern(ranges: readonly AddressRange[], wordBytes: 4 | 8): WordPattern {
  if (ranges.length === 0 || ranges.some(({ start, end }) => start >= end))
    throw new UsageError('BAD_ARGUMENT', { what: 'the range that is pointed to is empty' });
  return { kind: 'word', wordBytes, ranges };
}

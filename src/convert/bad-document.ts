import { FormatError, type ErrorFacts } from '../format/errors.js';
import { jsonKind } from '../format/layout/from-json.js';

/** Longest part of a document that is read at once, in bytes. */
export const MAX_PART_BYTES = 64 * 1024 * 1024;

/** Deepest that values may stand inside each other; documents of ours need six. */
export const MAX_DEPTH = 16;

/** An error in a document: `actual` is what stands there, of whatever kind. */
export function badDocument(
  path: string,
  what: string,
  facts: Omit<ErrorFacts, 'what' | 'at' | 'actual'> & { readonly actual?: unknown; readonly offset?: number } = {},
): FormatError {
  const { offset, expected, cause } = facts;
  const actual = 'actual' in facts ? jsonKind(facts.actual) : undefined;
  return new FormatError('BAD_DOCUMENT', {
    at: offset === undefined ? { path } : { path, offset },
    what,
    expected,
    actual,
    cause,
  });
}

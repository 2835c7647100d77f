import type { JsonValue } from '../../format/layout/unit.js';

/** Characters that a terminal acts on, or that change how their neighbours are shown; and the backslash. */
const UNPRINTABLE = '[\\\\\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]';

/** Most text: ASCII without control characters and backslash. */
const PLAIN_ASCII = /^[ -[\]-~]*$/;

const SHORT: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** The lone surrogates that stand for bytes 0x80 to 0xff. Source: format/bytes/text.ts. */
const BYTE_FIRST = 0xdc80;
const BYTE_LAST = 0xdcff;

function escape(character: string): string {
  const short = SHORT[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code >= BYTE_FIRST && code <= BYTE_LAST) return `\\x${(code & 0xff).toString(16)}`;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/**
 * Text from an image as it may go to a terminal: control and format characters, bidirectional controls, lone
 * surrogates and the backslash are shown escaped (`\n`, `\x1b`, `\u202e`, `\\`; `\xff` for a byte that is no UTF-8).
 * The result has no line break and tells different texts apart.
 */
export function printable(text: string): string {
  // the expression is made only where it is needed: its character sets take longer than most listings
  return PLAIN_ASCII.test(text) ? text : text.replace(new RegExp(UNPRINTABLE, 'gu'), escape);
}

/** The same in double quotes, for text whose ends must be seen. */
export function quoted(text: string): string {
  return `"${printable(text).replaceAll('"', '\\"')}"`;
}

/** A value of a field: text without quotes, what is missing as `none`. */
export function valueText(value: JsonValue): string {
  if (value === null) return 'none';
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
}

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeText } from '../../../src/format/bytes/text.js';
import { printable, quoted } from '../../../src/cli/render/printable.js';
import { seeded } from '../../inspect/arbitrary-space.js';

test.each([
  ['plain', '/usr/bin/é 古', '/usr/bin/é 古'],
  ['line break and tab', 'a\nb\tc\r', 'a\\nb\\tc\\r'],
  ['escape sequence', '\x1b[31mred\x07', '\\x1b[31mred\\x07'],
  ['DEL and C1', '\x7f\x9b', '\\x7f\\u009b'],
  ['bidirectional controls', '\u202eabc\u2066', '\\u202eabc\\u2066'],
  ['line separators', '\u2028\u2029', '\\u2028\\u2029'],
  ['a byte that is no UTF-8', decodeText(Uint8Array.of(0x61, 0xff, 0x80)), 'a\\xff\\x80'],
  ['another lone surrogate', '\ud800', '\\ud800'],
  ['a tag character', '\u{e0041}', '\\u{e0041}'],
  ['a backslash', 'a\\nb', 'a\\\\nb'],
])('%s', (_, text, shown) => {
  expect(printable(text)).toBe(shown);
});

test('quotes inside quotes are escaped', () => {
  expect(quoted('say "hi"\n')).toBe('"say \\"hi\\"\\n"');
});

/** Reads escapes back; only what `printable` writes is known. */
function unescape(shown: string): string {
  return shown.replace(/\\(?:x(..)|u\{(.+?)\}|u(....)|(.))/gu, (_, byte, long, short, plain: string) => {
    if (byte !== undefined) {
      const code = Number.parseInt(String(byte), 16);
      return String.fromCharCode(code < 0x80 ? code : 0xdc00 + code);
    }
    const hex = (long ?? short) as string | undefined;
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    return { n: '\n', r: '\r', t: '\t' }[plain] ?? plain;
  });
}

test('nothing that a terminal acts on is left, and different texts stay different', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.uint8Array({ maxLength: 8 }), (text, bytes) => {
      const whole = text + decodeText(bytes);
      const shown = printable(whole);
      expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      expect(unescape(shown)).toBe(whole);
    }),
    seeded(2000),
  );
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeCString, decodeText, encodeText } from '../../../src/format/bytes/text.js';
import { runs } from '../../support/seed.js';

test('any bytes become text and the same bytes again', () => {
  const utf8 = fc.string({ unit: 'binary' }).map((text) => new TextEncoder().encode(text));
  const mixed = fc
    .array(fc.oneof(fc.uint8Array({ maxLength: 6 }), utf8))
    .map((parts) => new Uint8Array(Buffer.concat(parts)));
  fc.assert(
    fc.property(mixed, (bytes) => {
      expect(encodeText(decodeText(bytes))).toEqual(bytes);
    }),
    runs(500),
  );
});

test('UTF-8 is itself, other bytes are lone surrogates', () => {
  expect(decodeText(Uint8Array.of(0x63, 0xc3, 0xa9))).toBe('cé');
  expect(decodeText(Uint8Array.of(0x61, 0xff, 0xc3))).toBe('a\udcff\udcc3');
  expect(decodeText(Uint8Array.of(0xed, 0xb3, 0xbf))).toBe('\udced\udcb3\udcbf');
});

test('a C string ends at its first NUL, or with the bytes', () => {
  expect(decodeCString(new TextEncoder().encode('one\0two'))).toBe('one');
  expect(decodeCString(new TextEncoder().encode('one'))).toBe('one');
});

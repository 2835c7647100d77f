import { encodeText } from '../../format/bytes/text.js';
import { UsageError } from '../../format/errors.js';
import { LONGEST_MATCH_BYTES, type BytesPattern } from './pattern.js';

const EXACT = 0xff;
const ANY = 0;
/** All bits but the one in which upper and lower case of an ASCII letter differ. */
const EITHER_CASE = 0xdf;
const HEX = /^(?:0x)?(?:[0-9a-f]{2}|\?\?)+$/i;
const BYTE_BITS = 8;

function pattern(bytes: Uint8Array, mask: Uint8Array, alignBytes = 1): BytesPattern {
  if (bytes.length > LONGEST_MATCH_BYTES)
    throw new UsageError('BAD_ARGUMENT', {
      what: 'the length of the pattern',
      expected: `at most ${String(LONGEST_MATCH_BYTES)} bytes`,
      actual: bytes.length,
    });
  if (mask.every((bits) => bits === ANY)) throw new UsageError('BAD_ARGUMENT', { what: 'the pattern has no byte' });
  return { kind: 'bytes', bytes: bytes.map((byte, i) => byte & (mask[i] ?? 0)), mask, alignBytes };
}

/**
 * Bytes in hex, two digits each; `??` stands for any byte. Blanks between them do not count.
 *
 * @throws {UsageError}
 */
export function hexPattern(text: string): BytesPattern {
  const digits = text.replace(/\s+/g, '');
  if (!HEX.test(digits))
    throw new UsageError('BAD_ARGUMENT', { what: 'the pattern', expected: 'pairs of hex digits or ??', actual: text });
  const cells = digits.replace(/^0x/i, '').match(/../g) ?? [];
  const bytes = Uint8Array.from(cells, (cell) => (cell === '??' ? 0 : parseInt(cell, 16)));
  return pattern(
    bytes,
    Uint8Array.from(cells, (cell) => (cell === '??' ? ANY : EXACT)),
  );
}

/** The bytes as they are. @throws {UsageError} for none, or more than 64 KiB */
export function exactPattern(bytes: Uint8Array): BytesPattern {
  return pattern(bytes, new Uint8Array(bytes.length).fill(EXACT));
}

function utf16Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 2);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i++) view.setUint16(i * 2, text.charCodeAt(i), true);
  return bytes;
}

export interface TextOptions {
  /** Default `utf-8`. */
  readonly encoding?: 'utf-8' | 'utf-16le' | undefined;
  /** Of ASCII letters. Default false. */
  readonly ignoreCase?: boolean | undefined;
}

/** Text in an encoding. @throws {UsageError} for none, or more than 64 KiB */
export function textPattern(text: string, options: TextOptions = {}): BytesPattern {
  const { encoding = 'utf-8', ignoreCase = false } = options;
  const bytes = encoding === 'utf-8' ? encodeText(text) : utf16Bytes(text);
  if (!ignoreCase) return exactPattern(bytes);
  const isLetter = (byte: number, i: number): boolean =>
    /[a-z]/i.test(String.fromCharCode(byte)) && (encoding === 'utf-8' || (i % 2 === 0 && bytes[i + 1] === 0));
  return pattern(
    bytes,
    bytes.map((byte, i) => (isLetter(byte, i) ? EITHER_CASE : EXACT)),
  );
}

export interface IntegerOptions {
  readonly bytes: 1 | 2 | 4 | 8;
  /** Default false. */
  readonly isBigEndian?: boolean | undefined;
  /** Only at addresses that are multiples of the size. Default false. */
  readonly isAligned?: boolean | undefined;
}

/** An integer as it lies in memory, a negative one as two's complement. @throws {UsageError} if it does not fit */
export function integerPattern(value: bigint, options: IntegerOptions): BytesPattern {
  const bits = options.bytes * BYTE_BITS;
  if (BigInt.asUintN(bits, value) !== value && BigInt.asIntN(bits, value) !== value)
    throw new UsageError('BAD_ARGUMENT', {
      what: 'the number',
      expected: `one of ${String(bits)} bits`,
      actual: value,
    });
  const bytes = Uint8Array.from({ length: options.bytes }, (_, i) =>
    Number(BigInt.asUintN(BYTE_BITS, value >> BigInt(i * BYTE_BITS))),
  );
  if (options.isBigEndian === true) bytes.reverse();
  return { ...exactPattern(bytes), alignBytes: options.isAligned === true ? options.bytes : 1 };
}

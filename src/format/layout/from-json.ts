export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** What a value must fit that is read from JSON. */
export interface FieldRoom {
  /** Bytes in the struct. */
  readonly size: number;
  readonly isSigned: boolean;
}

const INTEGER = /^(?:-?\d{1,20}|0x[\da-f]{1,16})$/i;
const HEX_BYTES = /^(?:[\da-f]{2})*$/i;
const LOWEST_NEGATIVE = 1n << 63n;
const LAST_DECIMAL = '9'.charCodeAt(0);

/**
 * An exact JSON number, or a string of decimal or `0x` digits, of at most 64 bits. Signed fields are written in hex as
 * 64-bit two's complement, and are read so.
 */
export function integerFromJson(json: JsonValue, { isSigned }: FieldRoom): bigint | undefined {
  if (typeof json === 'number') return Number.isSafeInteger(json) ? BigInt(json) : undefined;
  if (typeof json !== 'string' || !INTEGER.test(json)) return undefined;
  const value = BigInt(json);
  const isHex = /^0x/i.test(json);
  return isHex && isSigned && value >= LOWEST_NEGATIVE ? BigInt.asIntN(64, value) : value;
}

/** Of a hex digit in ASCII: the low bits of a letter, of either case, are 1 for A. */
function digitValue(code: number): number {
  return (code & 0xf) + (code > LAST_DECIMAL ? 9 : 0);
}

/** Two digits a byte; undefined for anything else. */
export function bytesFromHex(digits: string): Uint8Array | undefined {
  if (!HEX_BYTES.test(digits)) return undefined;
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = (digitValue(digits.charCodeAt(2 * i)) << 4) | digitValue(digits.charCodeAt(2 * i + 1));
  return bytes;
}

/** `{hex}`: bytes that are no text. */
export function isHexForm(json: JsonValue): json is { readonly hex: string } {
  return typeof json === 'object' && json !== null && 'hex' in json && typeof json.hex === 'string';
}

/** A value for an error message: short, and without looking into it. */
export function jsonKind(json: unknown): string {
  if (json === undefined) return 'missing';
  if (json instanceof Uint8Array) return `${String(json.length)} bytes`;
  if (typeof json === 'string')
    return JSON.stringify(json.length > MAX_SHOWN ? `${json.slice(0, MAX_SHOWN)}...` : json);
  if (typeof json === 'number' || typeof json === 'boolean' || json === null) return String(json);
  return Array.isArray(json) ? 'a list' : `an ${typeof json}`;
}

const MAX_SHOWN = 60;

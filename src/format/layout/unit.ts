import { decodeCString, decodeText } from '../bytes/text.js';

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };
export type FieldValue = number | bigint | Uint8Array;

/** What a field counts or means, and with that how it is shown. */
export interface Unit {
  /** For the tables in the documentation. */
  readonly name: string;
  readonly toJson: (value: FieldValue) => JsonValue;
  readonly toText: (value: FieldValue) => string;
}

/** Names of the values of an enumeration, or of the bits of a flag word. */
export type NameTable = Readonly<Record<string, number | bigint>>;

export function hexBytes(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

export function hexNumber(value: number | bigint): string {
  return `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`;
}

/** An integer as a JSON number where that is exact, else as a decimal string. */
export function jsonInteger(value: number | bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

function integerOf(value: FieldValue): number | bigint {
  if (value instanceof Uint8Array) throw new TypeError('a byte array has no integer value');
  return value;
}

function bytesOf(value: FieldValue): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new TypeError('an integer has no bytes');
  return value;
}

function decimalUnit(name: string): Unit {
  return { name, toJson: (v) => jsonInteger(integerOf(v)), toText: (v) => String(integerOf(v)) };
}

function hexUnit(name: string): Unit {
  return { name, toJson: (v) => hexNumber(integerOf(v)), toText: (v) => hexNumber(integerOf(v)) };
}

export const count = decimalUnit('count');
export const byteCount = decimalUnit('bytes');
export const pages = decimalUnit('pages');
export const seconds = decimalUnit('seconds');
export const id = decimalUnit('id');
export const hex = hexUnit('hex');
export const vaddr = hexUnit('vaddr');

/** Bytes without a meaning of ours: padding, register images. */
export const opaque: Unit = {
  name: 'opaque',
  toJson: (v) => hexBytes(bytesOf(v)),
  toText: (v) => hexBytes(bytesOf(v)),
};

/** Whether everything behind the first NUL is NUL, so that the text alone stands for the bytes. */
function isPlainText(bytes: Uint8Array): boolean {
  const end = bytes.indexOf(0);
  return decodeText(bytes).isWellFormed() && (end < 0 || bytes.subarray(end).every((byte) => byte === 0));
}

/** NUL-padded text; in JSON `{hex}` where the text would not give back the same bytes. */
export const text: Unit = {
  name: 'text',
  toJson: (v) => (isPlainText(bytesOf(v)) ? decodeCString(bytesOf(v)) : { hex: hexBytes(bytesOf(v)) }),
  toText: (v) => JSON.stringify(decodeCString(bytesOf(v))),
};

/** A value out of a table; an unknown one stays a number. */
export function enumOf(table: NameTable): Unit {
  const nameOf = (v: FieldValue): string | undefined =>
    Object.keys(table).find((name) => BigInt(table[name] ?? -1) === BigInt(integerOf(v)));
  return {
    name: Object.entries(table)
      .map(([name, value]) => `${String(value)} ${name}`)
      .join(', '),
    toJson: (v) => nameOf(v) ?? jsonInteger(integerOf(v)),
    toText: (v) => nameOf(v) ?? String(integerOf(v)),
  };
}

/** The names of the bits set in `value`; what has no name is given as one hex number at the end. */
export function flagNames(table: NameTable, value: bigint | number): string[] {
  let rest = BigInt(value);
  const names: string[] = [];
  for (const [name, bit] of Object.entries(table)) {
    if ((rest & BigInt(bit)) === 0n) continue;
    names.push(name);
    rest &= ~BigInt(bit);
  }
  if (rest !== 0n) names.push(hexNumber(rest));
  return names;
}

/** A word of named bits: hex in JSON, hex and names in text. */
export function flagsOf(table: NameTable): Unit {
  return {
    name: 'flags',
    toJson: (v) => hexNumber(integerOf(v)),
    toText: (v) => [hexNumber(integerOf(v)), ...flagNames(table, integerOf(v))].join(' '),
  };
}

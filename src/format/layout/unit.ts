import { decodeCString, decodeText, encodeText } from '../bytes/text.js';
import { bytesFromHex, integerFromJson, isHexForm, type FieldRoom, type JsonValue } from './from-json.js';

export type { FieldRoom, JsonValue };

export type FieldValue = number | bigint | Uint8Array;

/** What a field counts or means, and with that how it is shown. */
export interface Unit {
  /** For the tables in the documentation. */
  readonly name: string;
  readonly toJson: (value: FieldValue) => JsonValue;
  /** The inverse, integers as bigint; undefined where the JSON is nothing of this unit. */
  readonly fromJson: (json: JsonValue, room: FieldRoom) => bigint | Uint8Array | undefined;
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

const BETWEEN_FLAGS = /\s*\|\s*|\s+/;

function decimalUnit(name: string): Unit {
  const toText = (v: FieldValue): string => String(integerOf(v));
  return { name, toJson: (v) => jsonInteger(integerOf(v)), fromJson: integerFromJson, toText };
}

function hexUnit(name: string): Unit {
  const toHex = (v: FieldValue): string => hexNumber(integerOf(v));
  return { name, toJson: toHex, fromJson: integerFromJson, toText: toHex };
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
  fromJson: (json) => (typeof json === 'string' ? bytesFromHex(json) : undefined),
  toText: (v) => hexBytes(bytesOf(v)),
};

/** Whether everything behind the first NUL is NUL, so that the text alone stands for the bytes. */
function isPlainText(bytes: Uint8Array): boolean {
  const end = bytes.indexOf(0);
  return decodeText(bytes).isWellFormed() && (end < 0 || bytes.subarray(end).every((byte) => byte === 0));
}

function textFromJson(json: JsonValue, size: number): Uint8Array | undefined {
  if (isHexForm(json)) return bytesFromHex(json.hex);
  if (typeof json !== 'string') return undefined;
  const bytes = encodeText(json);
  const padded = new Uint8Array(Math.max(size, bytes.length));
  padded.set(bytes);
  return padded;
}

/** NUL-padded text; in JSON `{hex}` where the text would not give back the same bytes. */
export const text: Unit = {
  name: 'text',
  toJson: (v) => (isPlainText(bytesOf(v)) ? decodeCString(bytesOf(v)) : { hex: hexBytes(bytesOf(v)) }),
  fromJson: (json, { size }) => textFromJson(json, size),
  toText: (v) => JSON.stringify(decodeCString(bytesOf(v))),
};

function valueOf(table: NameTable, name: JsonValue): bigint | undefined {
  const value = typeof name === 'string' && Object.hasOwn(table, name) ? table[name] : undefined;
  return value === undefined ? undefined : BigInt(value);
}

/** A value out of a table; an unknown one stays a number. */
export function enumOf(table: NameTable): Unit {
  const nameOf = (v: FieldValue): string | undefined =>
    Object.keys(table).find((name) => BigInt(table[name] ?? -1) === BigInt(integerOf(v)));
  return {
    name: Object.entries(table)
      .map(([name, value]) => `${String(value)} ${name}`)
      .join(', '),
    toJson: (v) => nameOf(v) ?? jsonInteger(integerOf(v)),
    fromJson: (json, room) => valueOf(table, json) ?? integerFromJson(json, room),
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

/** Bits by name, `READ|WRITE 0x100` or as a list, or one number. */
function flagsFromJson(table: NameTable, json: JsonValue, room: FieldRoom): bigint | undefined {
  const words = typeof json === 'string' ? json.split(BETWEEN_FLAGS) : Array.isArray(json) ? json : [json];
  let flags = 0n;
  for (const word of words as readonly JsonValue[]) {
    const bits = valueOf(table, word) ?? integerFromJson(word, room);
    if (bits === undefined) return undefined;
    flags |= bits;
  }
  return flags;
}

/** A word of named bits: hex in JSON, hex and names in text. Names are taken from JSON too. */
export function flagsOf(table: NameTable): Unit {
  return {
    name: 'flags',
    toJson: (v) => hexNumber(integerOf(v)),
    fromJson: (json, room) => flagsFromJson(table, json, room),
    toText: (v) => [hexNumber(integerOf(v)), ...flagNames(table, integerOf(v))].join(' '),
  };
}

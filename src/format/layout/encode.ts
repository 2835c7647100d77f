import { FormatError, type At } from '../errors.js';
import type { EncodableOf, Field, FieldRow, Layout } from './layout.js';
import type { FieldValue } from './unit.js';

type Put = (view: DataView, offset: number, value: FieldValue, size: number) => boolean;

function putNumber(low: number, high: number, put: (view: DataView, offset: number, value: number) => void): Put {
  return (view, offset, value) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < low || value > high) return false;
    put(view, offset, value);
    return true;
  };
}

function putBigint(low: bigint, high: bigint, put: (view: DataView, offset: number, value: bigint) => void): Put {
  return (view, offset, value) => {
    if (typeof value !== 'bigint' || value < low || value > high) return false;
    put(view, offset, value);
    return true;
  };
}

const putBytes: Put = (view, offset, value, size) => {
  if (!(value instanceof Uint8Array) || value.length !== size) return false;
  new Uint8Array(view.buffer, view.byteOffset + offset, size).set(value);
  return true;
};

const PUT: Readonly<Record<Field['type']['kind'], Put>> = {
  u8: putNumber(0, 0xff, (view, offset, value) => {
    view.setUint8(offset, value);
  }),
  u16: putNumber(0, 0xffff, (view, offset, value) => {
    view.setUint16(offset, value, true);
  }),
  u32: putNumber(0, 0xffff_ffff, (view, offset, value) => {
    view.setUint32(offset, value, true);
  }),
  u64: putBigint(0n, (1n << 64n) - 1n, (view, offset, value) => {
    view.setBigUint64(offset, value, true);
  }),
  s16: putNumber(-0x8000, 0x7fff, (view, offset, value) => {
    view.setInt16(offset, value, true);
  }),
  s32: putNumber(-0x8000_0000, 0x7fff_ffff, (view, offset, value) => {
    view.setInt32(offset, value, true);
  }),
  s64: putBigint(-(1n << 63n), (1n << 63n) - 1n, (view, offset, value) => {
    view.setBigInt64(offset, value, true);
  }),
  bytes: putBytes,
  gap: putBytes,
};

/**
 * Encodes one struct into `into` at `offset`; gaps that the record does not give are zero.
 *
 * @throws {FormatError} `BAD_VALUE` when a value does not fit its field; the path names the field
 */
export function encodeLayoutInto<Rows extends readonly FieldRow[]>(
  layout: Layout<Rows>,
  record: EncodableOf<Layout<Rows>>,
  into: Uint8Array,
  offset: number,
  at?: At,
): void {
  const view = new DataView(into.buffer, into.byteOffset + offset, layout.size);
  const values = record as Readonly<Record<string, FieldValue | undefined>>;
  for (const field of layout.fields) {
    const value = values[field.name] ?? (field.type.kind === 'gap' ? new Uint8Array(field.size) : undefined);
    if (value !== undefined && PUT[field.type.kind](view, field.offset, value, field.size)) continue;
    const path = `${at?.path ?? layout.name}.${field.name}`;
    const actual = value instanceof Uint8Array ? `${String(value.length)} bytes` : String(value);
    throw new FormatError('BAD_VALUE', {
      at: { offset: (at?.offset ?? 0) + field.offset, path },
      what: `${layout.name}.${field.name}`,
      expected: field.type.kind === 'gap' ? `${String(field.size)} bytes` : field.type.name,
      actual,
    });
  }
}

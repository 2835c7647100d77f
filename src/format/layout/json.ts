import { FormatError, type At } from '../errors.js';
import { jsonKind } from './from-json.js';
import type { AnyRecord, Field, Layout } from './layout.js';
import type { FieldValue, JsonValue } from './unit.js';

/** Members of a JSON object. */
export type JsonFields = Readonly<Record<string, JsonValue>>;

/** A decoded struct as JSON: addresses and flags as hex strings, enumerations by name, bytes as hex. */
export function layoutToJson(layout: Layout, record: AnyRecord): Record<string, JsonValue> {
  const json: Record<string, JsonValue> = {};
  for (const field of layout.fields) {
    const value = record[field.name];
    if (value !== undefined) json[field.name] = field.unit.toJson(value);
  }
  return json;
}

/**
 * The struct that `layoutToJson` gave this JSON for, or that a person wrote so. Gaps that are missing are zero.
 *
 * @param at  offset of the struct in the image, and path of its fields
 * @throws {FormatError} `BAD_VALUE` for a field that is missing, unknown, or of another kind; whether an integer fits is
 *         looked at when it is encoded
 */
export function jsonToLayout(layout: Layout, json: JsonFields, at: At): AnyRecord {
  const unknown = Object.keys(json).find((name) => !layout.fields.some((field) => field.name === name));
  if (unknown !== undefined) {
    const expected = layout.fields.map(({ name }) => name).join(', ');
    const path = `${at.path}.${unknown}`;
    throw new FormatError('BAD_VALUE', {
      at: { ...at, path },
      what: `${unknown} is no field of ${layout.name}`,
      expected,
    });
  }
  const record: Record<string, FieldValue> = {};
  for (const field of layout.fields) {
    const value = Object.hasOwn(json, field.name) ? json[field.name] : undefined;
    if (value !== undefined) record[field.name] = fieldFromJson(layout, field, value, at);
    else if (field.size === 0) continue;
    else if (field.type.kind === 'gap') record[field.name] = new Uint8Array(field.size);
    else throw badField(layout, field, value, at);
  }
  return record;
}

function fieldFromJson(layout: Layout, field: Field, json: JsonValue, at: At): FieldValue {
  const { type, unit, size } = field;
  const value = unit.fromJson(json, { size, isSigned: type.kind.startsWith('s') });
  const isBytes = type.kind === 'bytes' || type.kind === 'gap';
  if (value instanceof Uint8Array) {
    if (isBytes && value.length === size) return value;
    throw badField(layout, field, isBytes ? value : json, at);
  }
  if (value === undefined || isBytes) throw badField(layout, field, json, at);
  return size === BigUint64Array.BYTES_PER_ELEMENT ? value : Number(value);
}

function badField(layout: Layout, { name, type, unit, size, offset }: Field, json: unknown, at: At): FormatError {
  const kind = type.kind === 'gap' ? `${String(size)} bytes` : type.name;
  return new FormatError('BAD_VALUE', {
    at: { offset: at.offset + offset, path: `${at.path}.${name}` },
    what: `${layout.name}.${name}`,
    expected: `${kind} (${unit.name})`,
    actual: jsonKind(json),
  });
}

import type { AnyRecord, Layout } from './layout.js';
import type { JsonValue } from './unit.js';

/** A decoded struct as JSON: addresses and flags as hex strings, enumerations by name, bytes as hex. */
export function layoutToJson(layout: Layout, record: AnyRecord): Record<string, JsonValue> {
  const json: Record<string, JsonValue> = {};
  for (const field of layout.fields) {
    const value = record[field.name];
    if (value !== undefined) json[field.name] = field.unit.toJson(value);
  }
  return json;
}

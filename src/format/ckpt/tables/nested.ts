import type { FieldType } from '../../layout/field.js';

/** The first member of a struct inside another: structs are `aligned(8)`. Source: spec/cr-stream.md 2.3. */
export function first<V>(type: FieldType<V>): FieldType<V> {
  return { ...type, align: 8 };
}

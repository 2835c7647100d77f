import type { JsonValue } from '../format/layout/unit.js';

/** A value that differs; `null` where it is not there at all. */
export interface FieldChange {
  readonly name: string;
  readonly before: JsonValue;
  readonly after: JsonValue;
}

/**
 * How a field is shown; scalars only, so that equal values are identical. `undefined` is what a format cannot tell, and no
 * difference.
 */
export type FieldTable<T> = readonly (readonly [name: string, valueOf: (of: T) => JsonValue | undefined])[];

/** The fields of `table` in which two things differ, in the order of the table. */
export function fieldChanges<T>(table: FieldTable<T>, before: T, after: T): FieldChange[] {
  const changes: FieldChange[] = [];
  for (const [name, valueOf] of table) {
    const [a, b] = [valueOf(before), valueOf(after)];
    if (a !== undefined && b !== undefined && a !== b) changes.push({ name, before: a, after: b });
  }
  return changes;
}

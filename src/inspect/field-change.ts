import type { JsonValue } from '../format/layout/unit.js';

/** A value that differs; `null` where it is not there at all. */
export interface FieldChange {
  readonly name: string;
  readonly before: JsonValue;
  readonly after: JsonValue;
}

/** How a field is shown; scalars only, so that equal values are identical. */
export type FieldTable<T> = readonly (readonly [name: string, valueOf: (of: T) => JsonValue])[];

/** The fields of `table` in which two things differ, in the order of the table. */
export function fieldChanges<T>(table: FieldTable<T>, before: T, after: T): FieldChange[] {
  const changes: FieldChange[] = [];
  for (const [name, valueOf] of table) {
    const change = { name, before: valueOf(before), after: valueOf(after) };
    if (change.before !== change.after) changes.push(change);
  }
  return changes;
}

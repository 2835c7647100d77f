import { s32, u32 } from '../../layout/field.js';
import { layout, type Field } from '../../layout/layout.js';
import { id, type Unit } from '../../layout/unit.js';
import type { ObjectName } from './names.js';

/** What a field that holds an object number points to. */
export interface Reference {
  readonly object: ObjectName;
  /** Whether the object must be complete before the record; if not, it may have no section, or be the one being read. */
  readonly isStrict: boolean;
}

export interface ReferenceUnit extends Unit {
  readonly refers: Reference;
}

/** The unit of a field that holds the number of an object; 0 is none. */
export function refersTo(object: ObjectName, { strict }: { readonly strict: boolean }): ReferenceUnit {
  return { ...id, name: `object ${object}`, refers: { object, isStrict: strict } };
}

function isReferenceUnit(unit: Unit): unit is ReferenceUnit {
  return 'refers' in unit;
}

/** What the number in a field points to; undefined for a field that holds no object number. */
export function referenceOf(field: Field): Reference | undefined {
  return isReferenceUnit(field.unit) ? field.unit.refers : undefined;
}

/** Stands before an object's section and gives it its number. Source: spec/cr-stream.md 7.3. */
export const OBJREF = layout('OBJREF', [
  ['objtype', u32, id, 'what the object is, numbered as the revision does'],
  ['objref', s32, id, 'its number, from 1; ascending only in v16 and of subtrees'],
]);

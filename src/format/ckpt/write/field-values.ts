import type { Field } from '../../layout/layout.js';
import type { FieldValue } from '../../layout/unit.js';
import type { KernelFields } from '../../model/kernel-state.js';

const INTEGER = /^([us])(8|16|32|64)$/;

/** A value in the form of a field, and whether that is all of it. */
interface Fitted {
  readonly value: FieldValue;
  readonly isWhole: boolean;
}

/** Whether a member says something: is not zero. */
export function saysSomething(value: FieldValue | undefined): boolean {
  if (value instanceof Uint8Array) return value.some((byte) => byte !== 0);
  return value !== undefined && BigInt(value) !== 0n;
}

/** What a field holds that was not given. */
export function zeroOf({ type, size }: Field): FieldValue {
  if (type.kind === 'bytes' || type.kind === 'gap') return new Uint8Array(size);
  return type.kind === 'u64' || type.kind === 's64' ? 0n : 0;
}

/**
 * A value as another revision has it: the same number in a member of another width or sign, an array cut or filled up.
 * What does not fit is zero.
 */
export function fitted(field: Field, value: FieldValue): Fitted {
  if (field.type.kind === 'bytes') return fittedBytes(field, value);
  const zero = zeroOf(field);
  const [, sign, bits = '0'] = INTEGER.exec(field.type.kind) ?? [];
  if (value instanceof Uint8Array || sign === undefined) return { value: zero, isWhole: !saysSomething(value) };
  const width = Number(bits);
  const given = BigInt(value);
  // the revisions differ in what they call unsigned
  const wrapped = sign === 's' ? BigInt.asIntN(width, given) : BigInt.asUintN(width, given);
  const isWhole = BigInt.asUintN(width, given) === given || BigInt.asIntN(width, given) === given;
  if (!isWhole) return { value: zero, isWhole };
  return { value: typeof zero === 'bigint' ? wrapped : Number(wrapped), isWhole };
}

function fittedBytes({ size }: Field, value: FieldValue): Fitted {
  const array = new Uint8Array(size);
  if (!(value instanceof Uint8Array)) return { value: array, isWhole: !saysSomething(value) };
  array.set(value.subarray(0, size));
  return { value: array, isWhole: !saysSomething(value.subarray(size)) };
}

/** The members that say something and are not among `known`. */
export function furtherFields(fields: KernelFields, known: ReadonlySet<string>): KernelFields {
  return Object.fromEntries(Object.entries(fields).filter(([name, value]) => !known.has(name) && saysSomething(value)));
}

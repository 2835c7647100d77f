import type { AnyRecord, Layout } from '../../layout/layout.js';
import type { KernelFields, KernelItem, KernelRecord } from '../../model/kernel-state.js';
import type { RecordItem } from './item.js';

const PADDING = /^_?pad/;

/** Members without the holes between them. */
export function fieldsWithoutGaps(layout: Layout | undefined, fields: AnyRecord): KernelFields {
  const kept = (layout?.fields ?? []).filter(({ name, type }) => type.kind !== 'gap' && !PADDING.test(name));
  return Object.fromEntries(kept.map(({ name }) => [name, fields[name] ?? 0]));
}

/** A record as the model carries it. */
export function kernelRecord({ name, layout, fields, elements, elementLayout, bytes }: RecordItem): KernelRecord {
  return {
    kind: 'record',
    name,
    fields: fieldsWithoutGaps(layout, fields),
    elements: elements.map((element) => fieldsWithoutGaps(elementLayout, element)),
    payload: bytes,
  };
}

/** Whether a member says something. */
function saysSomething(value: number | bigint | Uint8Array | undefined): boolean {
  if (value instanceof Uint8Array) return value.some((byte) => byte !== 0);
  return value !== undefined && value !== 0 && value !== 0n;
}

/** The members among `fields` that are not zero; of all but those in `known`. */
export function furtherFields(fields: AnyRecord, known: ReadonlySet<string>): KernelFields {
  const further = Object.entries(fields).filter(
    ([name, value]) => !known.has(name) && !PADDING.test(name) && saysSomething(value),
  );
  return Object.fromEntries(further);
}

/** One record of further fields; undefined when there are none. */
export function furtherRecord(name: string, fields: AnyRecord, known: ReadonlySet<string>): KernelItem[] | undefined {
  const further = furtherFields(fields, known);
  if (Object.keys(further).length === 0) return undefined;
  return [{ kind: 'record', name, fields: further, elements: [], payload: new Uint8Array(0) }];
}

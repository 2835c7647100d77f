import type { At } from '../../errors.js';
import { decodeLayout } from '../../layout/decode.js';
import type { AnyRecord, Layout } from '../../layout/layout.js';
import type { RecordItem } from './item.js';
import type { RecordName } from '../tables/names.js';
import { MAX_TASKS } from '../../linux-cr/task.js';
import { layoutOf, type CkptRevision } from '../tables/revision.js';
import type { Shape } from '../tables/tail.js';

/** Longest record that is taken into memory: the pids of as many tasks as there can be. Pages are never. */
export const MAX_RECORD_BYTES = MAX_TASKS * 32;

const NOTHING = new Uint8Array(0);

const lengths = new WeakMap<Shape, readonly number[]>();

/** Sizes that the structs of a record have, ascending. */
export function lengthsOf(shape: Shape): readonly number[] {
  const known = lengths.get(shape) ?? lengthsIn(shape);
  lengths.set(shape, known);
  return known;
}

function lengthsIn({ layouts, chosenBy }: Shape): readonly number[] {
  const all = [...layouts, ...Object.values(chosenBy?.layouts ?? {})].map(({ size }) => size);
  return all.length === 0 ? [0] : [...new Set(all)].sort((a, b) => a - b);
}

/** Whether a payload of this shape can be so long. */
export function isLengthOf(shape: Shape, payloadBytes: number): boolean {
  const sizes = lengthsOf(shape);
  if (shape.tail.kind === 'none') return sizes.includes(payloadBytes);
  const tailBytes = payloadBytes - (sizes[0] ?? 0);
  if (tailBytes < 0) return false;
  return shape.tail.kind !== 'elements' || tailBytes % shape.tail.layout.size === 0;
}

type Decoded = Pick<RecordItem, 'layout' | 'fields' | 'elements' | 'elementLayout' | 'bytes'>;

/** Takes a payload apart; undefined where its length is not that of its kind. Nothing refers to `payload` afterwards. */
export function decodePayload(
  revision: CkptRevision,
  name: RecordName,
  payload: Uint8Array,
  at: At,
  ofElements: Layout | undefined,
): Decoded | undefined {
  const shape = revision.shapes[name];
  const layout = layoutOf(revision, name, payload, payload.length);
  if (!layout && shape && shape.layouts.length > 0) return undefined;
  const fields: AnyRecord = layout ? decodeLayout(layout, payload, at) : {};
  const tail = payload.subarray(layout?.size ?? 0);
  const elementLayout = ofElements ?? (shape?.tail.kind === 'elements' ? shape.tail.layout : undefined);
  if (!elementLayout) return { layout, fields, elements: [], elementLayout, bytes: Uint8Array.from(tail) };
  if (tail.length % elementLayout.size !== 0) return undefined;
  const elements: AnyRecord[] = [];
  for (let offset = 0; offset < tail.length; offset += elementLayout.size)
    elements.push(decodeLayout(elementLayout, tail.subarray(offset), at));
  return { layout, fields, elements, elementLayout, bytes: NOTHING };
}

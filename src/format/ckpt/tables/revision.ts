import { decodeLayout } from '../../layout/decode.js';
import { fieldOf, type Layout } from '../../layout/layout.js';
import type { CkptRevision } from './derive.js';
import type { ObjectName, RecordName } from './names.js';
import { nameOf } from './numbers.js';
import { V16, V17, V18, V19_DEV, V19_RC1 } from './revisions-2009.js';
import { V19, V19_RC3, V20_PIDNS, V21, V23, V23_PIDS, V23_RC1 } from './revisions-2010.js';
import type { Shape } from './tail.js';

export { derive, type CkptRevision } from './derive.js';

/** Every revision that can be read, oldest first. */
export const REVISIONS: readonly CkptRevision[] = [
  V16,
  V17,
  V18,
  V19_DEV,
  V19_RC1,
  V19_RC3,
  V19,
  V20_PIDNS,
  V21,
  V23_RC1,
  V23_PIDS,
  V23,
];

/** What `--to` takes, and which bytes that means. Not v17 and v20-pidns, of which too much is guessed. */
export const WRITABLE: Readonly<Record<string, CkptRevision>> = {
  v16: V16,
  v18: V18,
  'v19-dev': V19_DEV,
  'v19-rc1': V19_RC1,
  'v19-rc2': V19_RC1,
  'v19-rc3': V19_RC3,
  v19: V19,
  v20: V19,
  v21: V21,
  v22: V21,
  'v23-rc1': V23_RC1,
  'v23-pids': V23_PIDS,
  v23: V23,
};

/** The record of this number. */
export function nameOfType(revision: CkptRevision, type: number): RecordName | undefined {
  return nameOf(revision.types, type);
}

/** What an OBJREF of this `objtype` announces. */
export function nameOfObject(revision: CkptRevision, objtype: number): ObjectName | undefined {
  return nameOf(revision.objects, objtype);
}

/** The layouts of a record, the one that goes with the value of its field first. */
function candidates(shape: Shape, value: unknown): readonly Layout[] {
  const chosen = typeof value === 'number' ? shape.chosenBy?.layouts[value] : undefined;
  return chosen ? [chosen, ...shape.layouts] : shape.layouts;
}

function choosingValue({ chosenBy, layouts: [common] }: Shape, payload: Uint8Array): unknown {
  if (!chosenBy || !common || payload.length < common.size) return undefined;
  const { name } = fieldOf(common, chosenBy.field);
  return decodeLayout(common, payload, { offset: 0, path: common.name })[name];
}

/**
 * The layout of the struct that a record begins with; undefined where there is none, or none of this length.
 *
 * @param payload        the bytes behind the record header, at least those of the struct if the record has them
 * @param payloadLength  `len` of the record header without its 8 bytes
 */
export function layoutOf(
  revision: CkptRevision,
  name: RecordName,
  payload: Uint8Array,
  payloadLength: number,
): Layout | undefined {
  const shape = revision.shapes[name];
  if (!shape) return undefined;
  return candidates(shape, choosingValue(shape, payload)).find(({ size }) =>
    shape.tail.kind === 'none' ? size === payloadLength : size <= payloadLength,
  );
}

/**
 * The layout to write a record with: of the word size, and the first that `fields` fill; if none is filled, the first.
 *
 * @returns undefined for a record that has no struct, or is not in the revision
 */
export function layoutToWrite(
  revision: CkptRevision,
  name: RecordName,
  wordBytes: 4 | 8,
  fields: object,
): Layout | undefined {
  const shape = revision.shapes[name];
  if (!shape) return undefined;
  const values = new Map<string, unknown>(Object.entries(fields));
  const all = candidates(shape, shape.chosenBy && values.get(shape.chosenBy.field));
  const ofWordSize = all.filter(({ u64Align }) => u64Align === wordBytes);
  const usable = ofWordSize.length > 0 ? ofWordSize : all;
  const isFilled = (layout: Layout): boolean =>
    layout.fields.every((field) => field.type.kind === 'gap' || values.has(field.name));
  return usable.find(isFilled) ?? usable[0];
}

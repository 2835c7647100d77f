import type { Layout } from '../../layout/layout.js';
import type { FieldValue } from '../../layout/unit.js';
import type { KernelFields, KernelItem, KernelMemory, KernelRecord } from '../../model/kernel-state.js';
import { fitted, saysSomething, zeroOf } from './field-values.js';
import { EPOLL_ITEM } from '../tables/files.js';
import { bytesOfItem } from '../../linux-cr/losses.js';
import type { Holding } from './holding.js';
import type { ObjectName, RecordName } from '../tables/names.js';
import { referenceOf, type Reference } from '../tables/objref.js';
import { layoutToWrite, type CkptRevision } from '../tables/revision.js';
import type { Shape } from '../tables/tail.js';

const PADDING = /^_?pad/;
const UNKNOWN_TYPE = /^type (\d+)$/;
/** Records that belong to the one before them. */
const FOLLOWERS: ReadonlySet<string> = new Set(['BUFFER', 'STRING', 'FILE_NAME']);

/** The shape of a record in a revision; undefined for one that it has not. */
export function shapeOf({ types, shapes }: CkptRevision, name: string): Shape | undefined {
  // a name that is no key is not in the tables
  const key = name as RecordName;
  return types[key] === undefined ? undefined : shapes[key];
}

/** The number of an unknown record that a stream of the same revision had. */
export function unknownType(name: string): number | undefined {
  const [, digits] = UNKNOWN_TYPE.exec(name) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** The layout of what stands behind the fields of a record: of the BUFFER behind EPOLL_ITEMS its items. */
export function elementLayoutOf(
  shape: Shape | undefined,
  name: string,
  previous: string | undefined,
): Layout | undefined {
  if (shape?.tail.kind === 'elements') return shape.tail.layout;
  return name === 'BUFFER' && previous === 'EPOLL_ITEMS' ? EPOLL_ITEM : undefined;
}

/** Fields as they stand in a struct of the target, and the names of those that are not whole. */
export function heldFields(
  holding: Holding,
  layout: Layout | undefined,
  given: KernelFields,
): { readonly fields: KernelFields; readonly lost: string[] } {
  const fields: Record<string, FieldValue> = {};
  const lost: string[] = [];
  const own = layout?.fields.filter(({ name, type }) => type.kind !== 'gap' && !PADDING.test(name)) ?? [];
  for (const field of own) {
    const value = given[field.name] ?? zeroOf(field);
    const fit = fitted(field, value);
    if (!fit.isWhole) lost.push(field.name);
    const reference = referenceOf(field);
    const isObject = reference !== undefined && reference.object !== 'PID' && typeof fit.value === 'number';
    if (isObject && isDangling(holding, reference, fit.value)) {
      lost.push(field.name);
      fields[field.name] = 0;
    } else fields[field.name] = isObject ? movedReference(holding, fit.value) : fit.value;
  }
  const names = new Set(own.map(({ name }) => name));
  for (const [name, value] of Object.entries(given))
    if (!names.has(name) && !PADDING.test(name) && saysSomething(value)) lost.push(name);
  return { fields, lost };
}

function movedReference({ ids, lostObjects }: Holding, id: number): number {
  return lostObjects.has(id) ? 0 : ids.moved(id);
}

/** Objects that are no kernel records in the model. */
const MODEL_OBJECTS: ReadonlySet<ObjectName> = new Set(['FILE', 'FILE_TABLE', 'MM', 'INODE']);

/** Whether a reference that a reader checks has no object before it, as behind damage. */
function isDangling({ kernelObjects, progress }: Holding, { object, isStrict }: Reference, id: number): boolean {
  if (!isStrict || id === 0 || MODEL_OBJECTS.has(object)) return false;
  const known = kernelObjects.get(id);
  return known?.object !== object || known.thread > progress.thread;
}

/** Whether a record has the same form in the stream that the image was read from. */
function hasSameShape({ source, revision }: Holding, name: string): boolean {
  if (!source) return true;
  const [from, to] = [shapeOf(source, name), shapeOf(revision, name)];
  if (!from || !to) return false;
  const isSameTail = from.tail.kind === to.tail.kind;
  return isSameTail && from.layouts.length === to.layouts.length && from.layouts.every((l, i) => l === to.layouts[i]);
}

/** A record as the target has it; undefined where it has none of the name or not in this form. */
export function heldRecord(
  holding: Holding,
  record: KernelRecord,
  previous: string | undefined,
): { readonly record: KernelRecord; readonly lost: readonly string[]; readonly lostBytes: number } | undefined {
  const { revision, wordBytes } = holding;
  const { name, payload, elements } = record;
  const isSame = hasSameShape(holding, name);
  if (unknownType(name) !== undefined) {
    // a revision that goes by another name has the same table
    return holding.source?.types === revision.types ? { record, lost: [], lostBytes: 0 } : undefined;
  }
  const shape = shapeOf(revision, name);
  if (!shape) return undefined;
  // a name with a shape is one of the table
  const layout = layoutToWrite(revision, name as RecordName, wordBytes, record.fields);
  const isRaw = layout !== undefined && Object.keys(record.fields).length === 0 && payload.length > 0;
  if (isRaw) return isSame ? { record, lost: [], lostBytes: 0 } : undefined;
  const { fields, lost } = heldFields(holding, layout, record.fields);
  const elementLayout = elementLayoutOf(shape, name, previous);
  const heldElements = elementLayout ? elements.map((element) => heldFields(holding, elementLayout, element)) : [];
  const isOpaque = shape.tail.kind === 'bytes' || shape.tail.kind === 'text';
  const keepsPayload = isOpaque && (layout !== undefined || isSame);
  if (payload.length > 0 && !keepsPayload) lost.push(`${String(payload.length)} bytes`);
  if (elements.length > 0 && !elementLayout) lost.push(`${String(elements.length)} elements`);
  for (const element of heldElements) for (const field of element.lost) if (!lost.includes(field)) lost.push(field);
  const held: KernelRecord = {
    ...{ kind: 'record', name, fields, elements: heldElements.map((element) => element.fields) },
    payload: keepsPayload ? payload : payload.subarray(0, 0),
  };
  return { record: held, lost, lostBytes: Math.max(0, bytesOfItem(record) - bytesOfItem(held)) };
}

type HoldMemory = (memory: KernelMemory['memory']) => KernelMemory['memory'];

/** A list of records and objects as the target has it. */
export function heldItems(
  holding: Holding,
  items: readonly KernelItem[],
  path: string,
  holdMemory: HoldMemory,
): KernelItem[] {
  const held: KernelItem[] = [];
  let previous: string | undefined;
  let isPreviousLost = false;
  items.forEach((item, i) => {
    const at = `${path}[${String(i)}]`;
    if (item.kind === 'memory') {
      const segment = held.at(-1);
      if (isPreviousLost || segment?.kind !== 'record') return;
      const memory = holdMemory(item.memory);
      held[held.length - 1] = { ...segment, fields: { ...segment.fields, objref: memory.id ?? 0 } };
      held.push({ kind: 'memory', memory });
    } else if (item.kind === 'object') {
      // the loss of an object is told with that of its record
      if (!holding.lostObjects.has(item.id)) held.push({ ...item, id: holding.ids.moved(item.id) });
    } else {
      const isFollower = FOLLOWERS.has(item.name);
      const kept = isFollower && isPreviousLost ? undefined : heldRecord(holding, item, previous);
      if (!isFollower) isPreviousLost = !kept;
      previous = item.name;
      if (!kept) holding.lose(at, `record ${item.name}`, 'has no such record', bytesOfItem(item));
      else if (kept.lost.length > 0) loseFields(holding, at, item.name, kept.lost, kept.lostBytes);
      if (kept) held.push(kept.record);
    }
  });
  return held;
}

/** Tells of the fields of one record that do not go over. */
export function loseFields({ lose }: Holding, path: string, name: string, lost: readonly string[], bytes = 0): void {
  lose(path, `${lost.join(', ')} of ${name}`, 'has no room for it', bytes);
}

/** Whether a list holds a record that the target calls by the same name but that has nothing in common with it. */
export function isForeign(revision: CkptRevision, wordBytes: 4 | 8, items: readonly KernelItem[]): boolean {
  return items.some((item) => {
    if (item.kind !== 'record' || Object.keys(item.fields).length === 0 || !shapeOf(revision, item.name)) return false;
    const layout = layoutToWrite(revision, item.name as RecordName, wordBytes, item.fields);
    return layout !== undefined && !layout.fields.some(({ name }) => name in item.fields);
  });
}

/** Whether a revision has objects of this name. */
export function hasObject({ objects }: CkptRevision, name: string): boolean {
  // a name that is no key is not in the table
  return objects[name as ObjectName] !== undefined;
}

import { decodeLayout } from '../../layout/decode.js';
import type { AnyRecord } from '../../layout/layout.js';
import { FormatError } from '../../errors.js';
import { numberIn } from './fields.js';
import type { RecordItem } from './item.js';
import { MAX_TASKS } from '../../linux-cr/task.js';
import { CKPT_HDR } from '../tables/record.js';
import { firstPidObject, fits, narrowByNext, narrowByPidReferences, narrowByPids } from './recognise.js';
import type { RecordReader, Step } from './record-reader.js';
import { PID_NUMBER, PID_OBJECT } from '../tables/tree.js';
import { narrow, type WalkContext } from './walk-context.js';

/** About what an entry of the pid array takes in memory. */
const PID_MEMORY_BYTES = 256;

/** The list of pid objects, whose numbers are not known before it is decided what `offset` counts from. */
interface PidList {
  readonly item: RecordItem;
  /** As PIDS has it. */
  readonly offset: number;
  readonly count: number;
}

/** `[ PIDS , BUFFER(pid_objects) ]`. Source: spec/cr-stream.md 8.4. */
export function* walkPids(reader: RecordReader, context: WalkContext): Generator<Step, void> {
  yield* narrowByNext(reader, context, ({ types }) => (types.PIDS === undefined ? 'TREE' : 'PIDS'));
  if (reader.revision.types.PIDS === undefined) return;
  const record = yield* reader.record('PIDS', 'pids');
  yield* narrowByPids(reader, context, record);
  const count = numberIn(record.fields, 'nr_pids');
  const nested = numberIn(record.fields, 'nr_vpids');
  if (count < 1 || count > MAX_TASKS)
    throw reader.badField(record, 'nr_pids', `1 to ${String(MAX_TASKS)}`, count, 'LENGTH_OVERRUN');
  context.budget.take(count * PID_MEMORY_BYTES, 'the pids', reader.at('pids'));
  const payloadBytes = count * (PID_OBJECT.size + PID_NUMBER.size) + nested * PID_NUMBER.size;
  const item = yield* reader.record('BUFFER', 'pids.objects', { role: 'pid_objects', payloadBytes });
  const offset = numberIn(record.fields, 'offset');
  yield* narrowByReferences(reader, context, { item, offset, count });
  addPidObjects(reader, { item, offset, count }, context);
}

/** Looks ahead at what the tasks refer to, where nothing else has told what the numbers count from. */
function* narrowByReferences(
  reader: RecordReader,
  context: WalkContext,
  { offset, count }: PidList,
): Generator<Promise<void>, void> {
  if (context.candidates.length <= 1) return;
  const tree = yield* reader.peek();
  if (!tree || !fits(reader.revision, 'TREE', tree)) return;
  const pids = yield* reader.peek(tree.len);
  if (pids?.type !== reader.revision.types.BUFFER) return;
  const end = tree.len + Math.min(pids?.len ?? 0, MAX_REFERENCES_BYTES);
  if (!(yield* reader.has(end))) return;
  const entry = reader.revision.pids;
  const bytes = reader.cursor.view(end).subarray(tree.len + CKPT_HDR.size);
  const at = reader.at('tree.pids');
  const references = Array.from({ length: Math.floor(bytes.length / entry.size) }, (_, i) => {
    const fields: AnyRecord = decodeLayout(entry, bytes.subarray(i * entry.size), at);
    return [numberIn(fields, 'vpid'), numberIn(fields, 'vtgid')];
  });
  narrowByPidReferences(reader, context, { offset, count }, references.flat());
}

/** How much of the pids of tasks is looked at ahead of reading them. */
const MAX_REFERENCES_BYTES = 64 * 1024;

function addPidObjects(reader: RecordReader, { item, offset, count }: PidList, context: WalkContext): void {
  const objects = pidObjectsIn(item.bytes);
  if (objects?.length !== count) {
    const at = { offset: item.offset + CKPT_HDR.size, path: item.path };
    const facts = { what: 'pid objects in the list', expected: count, actual: objects?.length ?? 'none' };
    reader.fault(new FormatError('BAD_FIELD', { at, ...facts }));
  }
  const first = firstPidObject(reader.revision, offset);
  for (const [i, numbers] of (objects ?? []).entries()) {
    const id = first + i;
    reader.objects.open(id, 'PID');
    reader.objects.close(id);
    context.parts.pidObjects.set(id, numbers);
  }
}

/** The pids of each object, outermost first; undefined where the list does not end with an object. */
export function pidObjectsIn(bytes: Uint8Array): number[][] | undefined {
  const objects: number[][] = [];
  const at = { offset: 0, path: 'pids.objects' };
  for (let offset = 0; offset < bytes.length;) {
    if (offset + PID_OBJECT.size > bytes.length) return undefined;
    const { depth } = decodeLayout(PID_OBJECT, bytes.subarray(offset), at);
    offset += PID_OBJECT.size;
    const end = offset + (depth + 1) * PID_NUMBER.size;
    if (end > bytes.length) return undefined;
    const numbers: number[] = [];
    for (; offset < end; offset += PID_NUMBER.size)
      numbers.push(decodeLayout(PID_NUMBER, bytes.subarray(offset), at).number);
    objects.push(numbers);
  }
  return objects;
}

/** `TREE , BUFFER(pids) , [ BUFFER(vpids) ]`. Source: spec/cr-stream.md 8.4. */
export function* walkTree(reader: RecordReader, context: WalkContext): Generator<Step, void> {
  yield* narrowByNext(reader, context, () => 'TREE');
  const record = yield* reader.record('TREE', 'tree');
  const count = numberIn(record.fields, 'nr_tasks');
  if (count < 1 || count > MAX_TASKS)
    throw reader.badField(record, 'nr_tasks', `1 to ${String(MAX_TASKS)}`, count, 'LENGTH_OVERRUN');
  context.budget.take(count * PID_MEMORY_BYTES, 'the pids', reader.at('tree.pids'));
  const len = (yield* reader.peek())?.len ?? 0;
  narrow(reader, context, ({ pids }) => CKPT_HDR.size + count * pids.size === len, `${String(len)} bytes of pids`);
  const { pids } = reader.revision;
  const payloadBytes = count * pids.size;
  const list = yield* reader.record('BUFFER', 'tree.pids', { role: 'pids', payloadBytes, elements: pids });
  context.parts.pids = list.elements;
  if (reader.revision.pidObjects) checkPids(reader, list);
  yield* walkVpids(reader, list, context);
}

function* walkVpids(reader: RecordReader, list: RecordItem, context: WalkContext): Generator<Step, void> {
  if (!reader.revision.hasVpids) return;
  const depths = list.elements.map((entry) => numberIn(entry, 'depth'));
  const wrong = depths.findIndex((depth) => depth < 0);
  if (wrong >= 0) throw badPid(list, wrong, 'depth', '0 or more');
  const sum = depths.reduce((all, depth) => all + depth, 0);
  if (sum === 0) return;
  const payloadBytes = sum * PID_NUMBER.size;
  const vpids = yield* reader.record('BUFFER', 'tree.vpids', { role: 'vpids', payloadBytes, elements: PID_NUMBER });
  context.parts.vpids = vpids.elements.map((element) => numberIn(element, 'number'));
}

/** In v23 the pids of a task are objects, and must be in the list of them. */
function checkPids(reader: RecordReader, list: RecordItem): void {
  list.elements.forEach((entry: AnyRecord, i) => {
    for (const field of ['vpid', 'vtgid']) {
      const id = numberIn(entry, field);
      if (id <= 0 || reader.objects.objection(id, 'PID') !== undefined)
        reader.fault(badPid(list, i, field, 'the number of a pid object', 'BAD_REFERENCE'));
    }
  });
}

function badPid(
  { offset, path, elements, elementLayout }: RecordItem,
  i: number,
  field: string,
  expected: string,
  code: 'BAD_FIELD' | 'BAD_REFERENCE' = 'BAD_FIELD',
): FormatError {
  const within = elementLayout?.fields.find(({ name }) => name === field)?.offset ?? 0;
  const at = {
    offset: offset + CKPT_HDR.size + i * (elementLayout?.size ?? 0) + within,
    path: `${path}[${String(i)}]`,
  };
  return new FormatError(code, { at, what: `pids.${field}`, expected, actual: numberIn(elements[i] ?? {}, field) });
}

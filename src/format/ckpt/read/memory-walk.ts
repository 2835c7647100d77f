import { LDT_ENTRY_BYTES, LDT_MAX_ENTRIES } from '../../linux-cr/segments.js';
import { auxvLayout } from '../tables/auxv.js';
import { numberIn } from './fields.js';
import { walkFile } from './flat-walk.js';
import type { RecordItem } from './item.js';
import { openObject } from './objref-walk.js';
import type { MmParts, TaskParts } from './parts.js';
import type { RecordReader, Step } from './record-reader.js';
import { Resumption, recover, type Anchor } from './resync.js';
import { walkVma } from './vma-walk.js';
import type { WalkContext } from './walk-context.js';

const NOTHING = new Uint8Array(0);
/** No object has it: of an address space whose OBJREF was lost. */
const LOST_ID = 0;

/**
 * `mm = [ obj(MM) ]`, section = [ obj(FILE) ] , MM , [ BUFFER(auxv) ] , { vma } , MM_CONTEXT , MM_CONTEXT_LDT.
 *
 * @param anchor  where in it reading goes on behind damage
 * Source: spec/cr-stream.md 8.8, 8.10, 10.
 */
export function* walkMm(
  reader: RecordReader,
  task: TaskParts,
  path: string,
  anchor: Anchor | undefined,
  context: WalkContext,
): Generator<Step, void> {
  const isInside = anchor !== undefined && anchor !== 'OBJREF MM';
  if (!isInside && (yield* reader.peekObject()) !== 'MM') return;
  const mm = isInside ? (task.mm ?? newMm(LOST_ID)) : newMm((yield* openObject(reader, path)).id);
  task.mm = mm;
  if (mm.id !== LOST_ID && !context.parts.mms.has(mm.id)) context.parts.mms.set(mm.id, mm);
  // what was lost cannot be counted
  let left = isInside ? Infinity : 0;
  if (!isInside || anchor === 'MM') left = yield* walkMmHead(reader, mm, path, context);
  context.lastVmaEnd = isInside ? context.lastVmaEnd : 0n;
  yield* walkVmas(reader, mm, path, left, context);
  yield* walkMmContext(reader, mm, path);
  context.lastVmaEnd = undefined;
  reader.objects.close(mm.id);
}

function newMm(id: number): MmParts {
  return { id, fields: undefined, auxv: [], vmas: [], context: {}, ldt: NOTHING };
}

/** Up to the first mapping; returns how many mappings follow. */
function* walkMmHead(reader: RecordReader, mm: MmParts, path: string, context: WalkContext): Generator<Step, number> {
  while ((yield* reader.peekObject()) === 'FILE') yield* walkFile(reader, `${path}.exe`, context);
  const head = yield* reader.record('MM', path);
  mm.fields = head.fields;
  if (reader.revision.auxv !== 'none') {
    const { auxvBytes } = context.constants;
    const known = auxvBytes === undefined ? {} : { payloadBytes: auxvBytes };
    const elements = auxvLayout(reader.revision, context.wordBytes);
    const vector = yield* reader.record('BUFFER', `${path}.auxv`, { role: 'auxv', elements, ...known });
    mm.auxv = vector.elements.map(({ word }) => BigInt(typeof word === 'object' ? 0 : (word ?? 0)));
  }
  return numberIn(head.fields, 'map_count');
}

function* walkVmas(
  reader: RecordReader,
  mm: MmParts,
  path: string,
  left: number,
  context: WalkContext,
): Generator<Step, void> {
  for (let i = 0; i < left; i++) {
    if (left === Infinity && (yield* reader.peekName()) === 'MM_CONTEXT') return;
    try {
      while ((yield* reader.peekObject()) === 'FILE')
        yield* walkFile(reader, `${path}.vma[${String(i)}].file`, context);
      yield* walkVma(reader, mm, `${path}.vma[${String(i)}]`, context);
    } catch (error) {
      const anchor = yield* recover(reader, context, error, ['OBJREF FILE']);
      if (anchor === 'MM_CONTEXT') return;
      // how many were lost is not known
      left = Infinity;
      if (anchor === 'VMA' || anchor === 'OBJREF FILE') continue;
      reader.objects.close(mm.id);
      context.lastVmaEnd = undefined;
      throw new Resumption(anchor);
    }
  }
}

function* walkMmContext(reader: RecordReader, mm: MmParts, path: string): Generator<Step, void> {
  const record = yield* reader.record('MM_CONTEXT', `${path}.context`);
  checkContext(reader, record);
  mm.context = record.fields;
  const payloadBytes = numberIn(record.fields, 'nldt') * LDT_ENTRY_BYTES;
  mm.ldt = (yield* reader.record('MM_CONTEXT_LDT', `${path}.ldt`, { payloadBytes })).bytes;
}

function checkContext(reader: RecordReader, record: RecordItem): void {
  const [size, count] = [numberIn(record.fields, 'ldt_entry_size'), numberIn(record.fields, 'nldt')];
  if (size !== LDT_ENTRY_BYTES) reader.fault(reader.badField(record, 'ldt_entry_size', LDT_ENTRY_BYTES, size));
  if (count > LDT_MAX_ENTRIES)
    throw reader.badField(record, 'nldt', `0 to ${String(LDT_MAX_ENTRIES)}`, count, 'LENGTH_OVERRUN');
}

import { LDT_ENTRY_BYTES, LDT_MAX_ENTRIES } from '../../linux-cr/segments.js';
import type { MmParts } from './parts.js';
import { narrowByNext } from './recognise.js';
import type { RecordReader, Step } from './record-reader.js';
import { resumes, tolerantly } from './tolerance.js';
import { walkVma } from './vma-walk.js';
import type { WalkContext } from './walk-context.js';

/** `mm = MM , { vma } , MM_CONTEXT , { ldt8 }`, or what follows where it is resumed. Source: spec/cr-stream.md 5.7. */
export function* walkMm(reader: RecordReader, path: string, mm: MmParts, context: WalkContext): Generator<Step, void> {
  if (resumes(context, 'MM')) yield* walkMmHead(reader, path, mm, context);
  let count = 0;
  do {
    count = yield* walkVmas(reader, path, mm, count, context);
    if (resumes(context, 'MM_CONTEXT')) {
      yield* tolerantly(reader, context, 'MM_CONTEXT', `${path}.context`, walkLdt(reader, path, mm));
    }
  } while (context.resumeAt === 'VMA' || context.resumeAt === 'MM_CONTEXT');
}

function* walkMmHead(reader: RecordReader, path: string, mm: MmParts, context: WalkContext): Generator<Step, void> {
  const fields = yield* reader.struct('MM', path, undefined);
  mm.fields = fields;
  mm.parent = reader.lastParent;
  const { map_count } = fields;
  if (map_count < 0) reader.fault(reader.badField('MM', 'map_count', path, '0 or more', map_count));
  if (reader.revision.alignment === 'native') {
    context.words.bytes = reader.lastLayout.u64Align;
    context.decidedBy.push(`MM has ${String(reader.lastLayout.size)} bytes: ${String(context.words.bytes * 8)}-bit`);
  }
  yield* narrowByNext(reader, context, () => (map_count > 0 ? 'VMA' : 'MM_CONTEXT'));
}

/** The mappings from number `count` on; returns how many there are then. */
function* walkVmas(
  reader: RecordReader,
  path: string,
  { fields, vmas }: MmParts,
  count: number,
  context: WalkContext,
): Generator<Step, number> {
  let i = count;
  // where the count is not known, or something went wrong meanwhile, there are as many as follow each other
  let nrVmas = count === 0 ? fields?.map_count : undefined;
  const hasMore = function* (): Generator<Promise<void>, boolean> {
    if (context.resumeAt === undefined) return nrVmas === undefined ? yield* reader.isNext('VMA') : i < nrVmas;
    nrVmas = undefined;
    return context.resumeAt === 'VMA';
  };
  for (; yield* hasMore(); i++) {
    context.resumeAt = undefined;
    const at = `${path}.vma[${String(i)}]`;
    const lowest = vmas.at(-1)?.fields.vm_end ?? 0n;
    const production = walkVma(reader, at, { lowest, vmas }, context);
    // nothing is caught of a stream that has to be right
    yield* reader.isLenient ? tolerantly(reader, context, 'VMA', at, production) : production;
  }
  return i;
}

function* walkLdt(reader: RecordReader, path: string, mm: MmParts): Generator<Step, void> {
  const at = `${path}.context`;
  const { ldt_entry_size, nldt } = yield* reader.struct('MM_CONTEXT', at, mm.fields?.objref);
  if (ldt_entry_size !== LDT_ENTRY_BYTES)
    reader.fault(reader.badField('MM_CONTEXT', 'ldt_entry_size', at, LDT_ENTRY_BYTES, ldt_entry_size));
  if (nldt < 0 || nldt > LDT_MAX_ENTRIES)
    throw reader.badField('MM_CONTEXT', 'nldt', at, `0 to ${String(LDT_MAX_ENTRIES)}`, nldt);
  if (nldt > 0) mm.ldt = yield* reader.rawBytes('raw:ldt', nldt * LDT_ENTRY_BYTES, `${path}.ldt`);
}

import { nextTurn } from '../../bytes/turn.js';
import { decodeLayout } from '../../layout/decode.js';
import type { AnyRecord } from '../../layout/layout.js';
import { EXTENSIONS } from '../../linux-cr/extension.js';
import { TAIL_MAGIC } from '../../linux-cr/magic.js';
import { LDT_ENTRY_BYTES, LDT_MAX_ENTRIES, TLS_BYTES, TLS_ENTRIES } from '../../linux-cr/segments.js';
import { MAX_TASKS, TASK_COMM_BYTES } from '../../linux-cr/task.js';
import { isPageAligned } from '../../model/page.js';
import type { Header, RecordReader, Step } from './record-reader.js';
import { CR_HDR } from '../tables/record.js';
import { layoutOf } from '../tables/revision.js';
import type { Stage } from './stages.js';
import type { RecordName, StructRecord } from '../tables/structs.js';
import { VMA_TYPES } from '../tables/vma.js';
import type { WalkContext } from './walk-context.js';

const SCAN_BYTES = 256 * 1024;
/** Header and struct of any landmark but CPU, and the header behind it. */
const LOOKAHEAD_BYTES = 192;
/** So that signals are heard: how many windows between turns of the event loop. */
const WINDOWS_PER_TURN = 64;
const U16_VALUES = 0x1_0000;

/** What makes a record plausible beside type, length and parent. */
interface Landmark<N extends Stage> {
  readonly isPlausible: (fields: StructRecord<N>, context: WalkContext) => boolean;
  /** What must stand behind it, in revisions that have any of these. */
  readonly before?: readonly RecordName[];
  /** Whose number its parent is: nobody's, the task's, or not known. */
  readonly parent: 'none' | 'task' | 'any';
}

const LANDMARKS: { readonly [N in Stage]: Landmark<N> } = {
  HEAD_ARCH: { parent: 'none', isPlausible: () => true },
  TREE: { parent: 'none', isPlausible: ({ tasks_nr }) => tasks_nr >= 1 && tasks_nr <= MAX_TASKS },
  TASK: {
    parent: 'none',
    isPlausible: ({ task_comm_len }) => task_comm_len >= 1 && task_comm_len <= TASK_COMM_BYTES,
    before: ['STRING'],
  },
  MM: { parent: 'any', isPlausible: ({ map_count }) => map_count >= 0, before: ['VMA', 'MM_CONTEXT'] },
  VMA: { parent: 'none', isPlausible: isPlausibleVma, before: ['PGARR', 'FNAME'] },
  MM_CONTEXT: {
    parent: 'none',
    isPlausible: ({ ldt_entry_size, nldt }) =>
      ldt_entry_size === LDT_ENTRY_BYTES && nldt >= 0 && nldt <= LDT_MAX_ENTRIES,
  },
  FILES: { parent: 'task', isPlausible: ({ nfds }) => nfds < U16_VALUES },
  THREAD: {
    parent: 'task',
    isPlausible: ({ gdt_entry_tls_entries, sizeof_tls_array, ntls }) =>
      gdt_entry_tls_entries === TLS_ENTRIES && sizeof_tls_array === TLS_BYTES && ntls >= 0 && ntls <= TLS_ENTRIES,
  },
  CPU: { parent: 'task', isPlausible: () => true },
  TAIL: { parent: 'none', isPlausible: ({ magic }) => magic === TAIL_MAGIC },
};

function isPlausibleVma({ vma_type, vm_start, vm_end }: StructRecord<'VMA'>, { task }: WalkContext): boolean {
  const lowest = task?.mm.vmas.at(-1)?.fields.vm_end ?? 0n;
  const isKnown = vma_type === VMA_TYPES.ANON || vma_type === VMA_TYPES.FILE;
  return isKnown && isPageAligned(vm_start) && isPageAligned(vm_end) && vm_start >= lowest && vm_start < vm_end;
}

/** Which stage a type number stands for, as a table over all numbers: 0 for none, else its place in `stages` and 1. */
function tableOf(reader: RecordReader, stages: readonly Stage[]): Uint8Array {
  const table = new Uint8Array(U16_VALUES);
  stages.forEach((stage, i) => {
    const type = reader.revision.types[stage];
    if (type !== undefined) table[type] = i + 1;
  });
  return table;
}

/**
 * Moves on to the first record from which the grammar can go on, in one pass over what lies before it; undefined, and at
 * the end, where there is none. A place is never found twice, so that a walk that fails there does not stand still.
 */
export function* findLandmark(
  reader: RecordReader,
  context: WalkContext,
  stages: readonly Stage[],
): Generator<Step, Stage | undefined> {
  const { cursor } = reader;
  const table = tableOf(reader, stages);
  if (cursor.position <= context.lastLandmark) cursor.advance(context.lastLandmark + 1 - cursor.position);
  for (let windows = 1; ; windows++) {
    const hasMore = yield* reader.has(SCAN_BYTES);
    const bytes = cursor.view(Math.min(cursor.buffered, SCAN_BYTES));
    const end = hasMore ? SCAN_BYTES - LOOKAHEAD_BYTES : Math.max(0, bytes.length - CR_HDR.size + 1);
    for (let i = 0; i < end; i++) {
      const found = table[(bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8)];
      const stage = found ? stages[found - 1] : undefined;
      if (stage === undefined || !isLandmark(reader, context, stage, bytes.subarray(i))) continue;
      cursor.advance(i);
      context.lastLandmark = cursor.position;
      return stage;
    }
    cursor.advance(hasMore ? end : bytes.length);
    if (!hasMore) return undefined;
    if (windows % WINDOWS_PER_TURN === 0) yield nextTurn();
  }
}

function headerAt(bytes: Uint8Array): Header | undefined {
  return bytes.length < CR_HDR.size ? undefined : decodeLayout(CR_HDR, bytes, { offset: 0, path: '' });
}

function isLandmark(reader: RecordReader, context: WalkContext, stage: Stage, bytes: Uint8Array): boolean {
  const { revision } = reader;
  // the entry of a stage takes the fields of its record
  const landmark = LANDMARKS[stage] as Landmark<Stage>;
  const header = headerAt(bytes);
  const layout = header && layoutOf(revision, stage, header.len);
  if (!layout || !hasParent(reader, context, landmark.parent, header.parent)) return false;
  const end = CR_HDR.size + layout.size;
  // of all registers nothing can be said, and they are longer than what is looked at
  if (stage === 'CPU') return true;
  if (bytes.length < end) return false;
  const fields = decodeLayout(layout, bytes.subarray(CR_HDR.size), { offset: 0, path: '' }) as AnyRecord;
  // the stage and the length decide the layout, and the layout the fields
  if (!landmark.isPlausible(fields, context)) return false;
  const followers = landmark.before?.flatMap((name) => revision.types[name] ?? []) ?? [];
  const next = headerAt(bytes.subarray(end));
  const isElsewhere = next?.type === EXTENSIONS.PARENT_PAGES || next?.type === EXTENSIONS.UNCAPTURED;
  if (stage === 'VMA' && isElsewhere) return true;
  return followers.length === 0 || revision.types.PGARR === undefined || (!!next && followers.includes(next.type));
}

function hasParent(
  reader: RecordReader,
  { task }: WalkContext,
  kind: Landmark<Stage>['parent'],
  parent: number,
): boolean {
  if (reader.everyParent !== undefined) return parent === reader.everyParent;
  if (kind === 'none') return parent === 0;
  const pid = task?.mm.parent;
  return kind === 'any' || pid === undefined || parent === pid;
}

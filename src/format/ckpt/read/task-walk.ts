import { TASK_COMM_BYTES } from '../../linux-cr/task.js';
import { TLS_BYTES, TLS_ENTRIES } from '../../linux-cr/segments.js';
import type { KernelItem, KernelRecord, KernelSection } from '../../model/kernel-state.js';
import { bytesIn, numberIn } from './fields.js';
import { walkFileTable } from './files-walk.js';
import { CREDS, NAMESPACES, SEM_UNDO } from './flat-section.js';
import { startsFlat, walkFlat, walkPath } from './flat-walk.js';
import type { RecordItem } from './item.js';
import { kernelRecord } from './kernel-items.js';
import { walkMm } from './memory-walk.js';
import type { RecordName, SectionName } from '../tables/names.js';
import { openObject } from './objref-walk.js';
import type { TaskParts } from './parts.js';
import { narrowByTask } from './recognise.js';
import type { RecordReader, Step } from './record-reader.js';
import { walkStages, type Anchor, type Stage } from './resync.js';
import type { WalkContext } from './walk-context.js';

const NOTHING = new Uint8Array(0);
/** About what a task takes, records and model together. */
const TASK_MEMORY_BYTES = 8192;

const NO_STEPS: Iterable<Step> = [];

/** What the sections of one task share. */
interface Place {
  readonly reader: RecordReader;
  readonly task: TaskParts;
  readonly path: string;
  readonly context: WalkContext;
}

type WalkSection = (place: Place, anchor: Anchor | undefined) => Generator<Step, void>;

/**
 * `task = TASK , STRING(comm) , [ body ]`.
 *
 * @param anchor  where in the body to begin, when the start of the task was lost
 * Source: spec/cr-stream.md 8.5, 10.
 */
export function* walkTask(
  reader: RecordReader,
  path: string,
  anchor: Anchor | undefined,
  context: WalkContext,
): Generator<Step, void> {
  context.budget.take(TASK_MEMORY_BYTES, 'the tasks', reader.at(path));
  const task = newTask();
  context.parts.tasks.push(task);
  const place: Place = { reader, task, path, context };
  if (anchor === undefined) yield* narrowByTask(reader, context);
  // a start that is lost is not taken up: the next TASK is that of the next task
  const head: Stage = { anchors: [], walk: () => walkTaskHead(place) };
  const body = reader.revision.body.map((section): Stage => {
    const { anchors, walk } = SECTIONS[section];
    return { anchors, walk: (start) => (task.isZombie ? NO_STEPS : walk(place, start)) };
  });
  const { tasks, pids } = context.parts;
  const isLast = (): boolean => pids.length > 0 && tasks.length >= pids.length;
  yield* walkStages(reader, context, [head, ...body], anchor, isLast);
  task.isComplete = true;
}

function newTask(): TaskParts {
  return {
    fields: undefined,
    ...{
      comm: NOTHING,
      isZombie: false,
      isComplete: false,
      objs: {},
      thread: {},
      tls: NOTHING,
      cpu: undefined,
      xstate: NOTHING,
    },
    ...{ mm: undefined, fileTable: undefined, sections: {} },
  };
}

function* walkTaskHead({ reader, task, path, context }: Place): Generator<Step, void> {
  const record = yield* reader.record('TASK', path);
  task.fields = record.fields;
  // v16 says it here, later revisions in HEADER
  const length = context.constants.commBytes ?? numberIn(record.fields, 'task_comm_len');
  if (length < 1 || length > TASK_COMM_BYTES)
    reader.fault(reader.badField(record, 'task_comm_len', `1 to ${String(TASK_COMM_BYTES)}`, length));
  const comm = yield* reader.record('STRING', `${path}.comm`, { role: 'comm', payloadBytes: length });
  task.comm = comm.bytes;
  task.isZombie = reader.revision.hasZombies && numberIn(record.fields, 'exit_state') !== 0;
}

/** A section that is one record, or begins with an OBJREF and one record. */
function objectSection(object: 'FS' | 'SIGHAND', section: KernelSection, more: number): WalkSection {
  return function* ({ reader, task, path }) {
    if ((yield* reader.peekObject()) !== object) return;
    const { id, isNumbered } = yield* openObject(reader, `${path}.${section}`);
    let isWhole = isNumbered;
    const items: KernelItem[] = [{ kind: 'object', object, id }];
    items.push(kernelRecord(yield* reader.record(object, `${path}.${section}`)));
    for (let i = 0; i < more; i++) {
      const name = yield* walkPath(reader, `${path}.${section}.path[${String(i)}]`);
      isWhole &&= name.bytes.at(-1) === 0;
      items.push(kernelRecord(name));
    }
    reader.objects.close(id);
    // only whole: a writer has no other place for what of it is there
    if (isWhole) task.sections[section] = items;
  };
}

/** FILE_NAMEs behind FS: working directory and root. */
const FS_PATHS = 2;

function flatSection(flat: typeof CREDS, section: KernelSection): WalkSection {
  return function* ({ reader, task, path, context }) {
    if (!(yield* startsFlat(reader, flat))) return;
    const items = yield* walkFlat(reader, `${path}.${section}`, flat, context);
    if (items.length > 0) task.sections[section] = items;
  };
}

function* recordsOf({ reader, path }: Place, ...names: readonly RecordName[]): Generator<Step, KernelItem[]> {
  const items: KernelItem[] = [];
  for (const name of names) {
    const record = yield* reader.record(name, `${path}.${name.toLowerCase()}`);
    items.push(name === 'SIGPENDING' ? pendingRecord(reader, record) : kernelRecord(record));
  }
  return items;
}

/** Signals that wait, as many as there are. */
function pendingRecord(reader: RecordReader, record: RecordItem): KernelRecord {
  const [count, nr_pending] = [numberIn(record.fields, 'nr_pending'), record.elements.length];
  const item = kernelRecord(record);
  if (count === nr_pending) return item;
  reader.fault(reader.badField(record, 'nr_pending', nr_pending, count));
  return { ...item, fields: { ...item.fields, nr_pending } };
}

function* walkThread({ reader, task, path }: Place): Generator<Step, void> {
  const record = yield* reader.record('THREAD', `${path}.thread`);
  task.thread = record.fields;
  const sizes = [
    ['gdt_entry_tls_entries', TLS_ENTRIES],
    ['sizeof_tls_array', TLS_BYTES],
  ] as const;
  for (const [field, expected] of sizes) {
    const actual = numberIn(record.fields, field);
    if (actual !== expected) reader.fault(reader.badField(record, field, expected, actual));
  }
  const isInside = record.fields['tls'] !== undefined;
  if (isInside) task.tls = bytesIn(record.fields, 'tls');
  if (isInside || numberIn(record.fields, 'ntls') === 0) return;
  task.tls = (yield* reader.record('THREAD_TLS', `${path}.tls`, { payloadBytes: TLS_BYTES })).bytes;
}

function* walkCpu({ reader, task, path, context }: Place): Generator<Step, void> {
  const record = yield* reader.record('CPU', `${path}.cpu`);
  task.cpu = record.fields;
  if (numberIn(record.fields, 'used_math') === 0) return;
  const { xstateBytes } = context.constants;
  task.xstate = (yield* reader.record('CPU_FPU', `${path}.fpu`, { payloadBytes: xstateBytes })).bytes;
}

/** The sections of a task, and the records at which each can be taken up. */
const SECTIONS: Readonly<Record<SectionName, { readonly anchors: readonly Anchor[]; readonly walk: WalkSection }>> = {
  creds: { anchors: ['TASK_CREDS'], walk: flatSection(CREDS, 'creds') },
  ns: { anchors: ['OBJREF NS', 'TASK_NS'], walk: flatSection(NAMESPACES, 'ns') },
  files: {
    anchors: ['OBJREF FILE_TABLE'],
    walk: ({ reader, task, path, context }) => walkFileTable(reader, task, `${path}.files`, context),
  },
  mm: {
    anchors: ['OBJREF MM', 'MM', 'VMA', 'MM_CONTEXT'],
    walk: ({ reader, task, path, context }, anchor) => walkMm(reader, task, `${path}.mm`, anchor, context),
  },
  fs: { anchors: ['OBJREF FS'], walk: objectSection('FS', 'fs', FS_PATHS) },
  sem_undo: {
    anchors: ['OBJREF SEM_UNDO'],
    *walk(place) {
      const items = yield* walkFlat(place.reader, `${place.path}.sem_undo`, SEM_UNDO, place.context);
      if (items.length > 0) place.task.sections.sem_undo = items;
    },
  },
  sighand: { anchors: ['OBJREF SIGHAND'], walk: objectSection('SIGHAND', 'sighand', 0) },
  TASK_OBJS: {
    anchors: ['TASK_OBJS'],
    *walk({ reader, task, path }) {
      task.objs = (yield* reader.record('TASK_OBJS', `${path}.objs`)).fields;
    },
  },
  signal: {
    anchors: ['SIGNAL'],
    *walk(place) {
      if ((yield* place.reader.peekName()) !== 'SIGNAL') return;
      place.task.sections.signal = yield* recordsOf(place, 'SIGNAL', 'SIGPENDING');
    },
  },
  THREAD: { anchors: ['THREAD'], walk: walkThread },
  RESTART_BLOCK: {
    anchors: ['RESTART_BLOCK'],
    *walk(place) {
      place.task.sections.restart_block = yield* recordsOf(place, 'RESTART_BLOCK');
    },
  },
  CPU: { anchors: ['CPU'], walk: walkCpu },
  pending: {
    anchors: ['SIGPENDING'],
    *walk(place) {
      place.task.sections.pending = yield* recordsOf(place, 'SIGPENDING', 'SIGNAL_TASK');
    },
  },
};

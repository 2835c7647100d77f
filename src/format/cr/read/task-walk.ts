import { PATH_MAX_BYTES } from '../../linux-cr/path.js';
import { TLS_BYTES, TLS_ENTRIES } from '../../linux-cr/segments.js';
import { TASK_COMM_BYTES } from '../../linux-cr/task.js';
import { walkMm } from './address-space.js';
import type { FdParts, TaskParts } from './parts.js';
import type { RecordReader, Step } from './record-reader.js';
import { CR_HDR } from '../tables/record.js';
import { narrowByNext } from './recognise.js';
import type { Stage } from './stages.js';
import { tolerantly } from './tolerance.js';
import type { StructRecord } from '../tables/structs.js';
import type { WalkContext } from './walk-context.js';

const NOTHING = new Uint8Array(0);

/** About what a task and a descriptor take, records and model together. */
const TASK_MEMORY_BYTES = 8192;
const FD_MEMORY_BYTES = 1024;

type Production = (reader: RecordReader, path: string, task: TaskParts, context: WalkContext) => Generator<Step, void>;

/** The parts of a task in their order. Where one is resumed, `walk` may start behind its first record. */
const PARTS: readonly { readonly stage: Stage; readonly path: string; readonly walk: Production }[] = [
  { stage: 'TASK', path: '', walk: walkTaskHead },
  { stage: 'MM', path: '.mm', walk: (reader, path, { mm }, context) => walkMm(reader, path, mm, context) },
  { stage: 'FILES', path: '.files', walk: walkFiles },
  { stage: 'THREAD', path: '.thread', walk: walkThread },
  { stage: 'CPU', path: '.cpu', walk: walkCpu },
];

/** Where inside which part the walk may be resumed. */
const PART_OF: Readonly<Partial<Record<Stage | 'END', Stage>>> = { VMA: 'MM', MM_CONTEXT: 'MM' };

function emptyTask(): TaskParts {
  const mm = { parent: undefined, fields: undefined, vmas: [], ldt: NOTHING };
  const state = { tls: NOTHING, cpu: undefined, xstate: NOTHING };
  return { fields: undefined, comm: NOTHING, mm, files: [], ...state, isThere: false };
}

/**
 * `task = TASK , [ STRING ] , mm , [ files ] , THREAD , [ tls24 ] , CPU , [ xstate ]`, or what of it can be read, put
 * into `tasks` as soon as there is any of it. Source: spec/cr-stream.md 5.7.
 */
export function* walkTask(
  reader: RecordReader,
  path: string,
  tasks: TaskParts[],
  context: WalkContext,
): Generator<Step, void> {
  const task = emptyTask();
  context.task = task;
  tasks.push(task);
  for (const { stage, path: part, walk } of PARTS) {
    // a part that is resumed in itself is walked once more; another TASK is another task
    while (isDue(context, stage, task)) {
      if (stage !== 'TASK') task.isThere = true;
      if (context.resumeAt === stage && stage !== 'MM') context.resumeAt = undefined;
      const production = walk(reader, path + part, task, context);
      yield* reader.isLenient ? tolerantly(reader, context, stage, path + part, production) : production;
      if (context.resumeAt === undefined || stage === 'TASK') break;
    }
  }
  if (!task.isThere) tasks.pop();
}

/** Whether a part comes next: all is well, or the walk goes on somewhere in it. */
function isDue({ resumeAt }: WalkContext, stage: Stage, { isThere }: TaskParts): boolean {
  if (resumeAt === undefined) return true;
  return (PART_OF[resumeAt] ?? resumeAt) === stage && !(stage === 'TASK' && isThere);
}

/** What a task is called, and what is known of it beside its memory. */
function* walkTaskHead(
  reader: RecordReader,
  path: string,
  task: TaskParts,
  context: WalkContext,
): Generator<Step, void> {
  context.budget.take(TASK_MEMORY_BYTES, 'the tasks', reader.at(path));
  const isKnown = yield* reader.isKnownLength('TASK');
  const isOpaque = !isKnown && reader.revision.opaque.includes('TASK');
  const bytes = isOpaque ? yield* reader.opaque('TASK', path, 0, TASK_COMM_BYTES) : NOTHING;
  const fields = isOpaque ? undefined : yield* reader.struct('TASK', path, 0);
  task.fields = fields;
  task.isThere = true;
  let length = fields?.task_comm_len ?? TASK_COMM_BYTES;
  if (length < 1 || length > TASK_COMM_BYTES) {
    reader.fault(reader.badField('TASK', 'task_comm_len', path, `1 to ${String(TASK_COMM_BYTES)}`, length));
    length = TASK_COMM_BYTES;
  }
  yield* narrowByNext(reader, context, ({ comm }) => (comm === 'inline' ? 'MM' : 'STRING'));
  const isInline = reader.revision.comm === 'inline';
  task.comm = isInline
    ? bytes.subarray(-TASK_COMM_BYTES)
    : yield* reader.text('STRING', `${path}.comm`, { exactly: length });
}

function* walkFiles(
  reader: RecordReader,
  path: string,
  { mm, files }: TaskParts,
  context: WalkContext,
): Generator<Step, void> {
  yield* narrowByNext(reader, context, ({ types }) => (types.FILES === undefined ? 'THREAD' : 'FILES'));
  if (reader.revision.types.FILES === undefined) return;
  const { nfds } = yield* reader.struct('FILES', path, mm.parent);
  for (let i = 0; i < nfds; i++) yield* walkFd(reader, `${path}.fd[${String(i)}]`, files, context);
}

function* walkFd(reader: RecordReader, path: string, files: FdParts[], context: WalkContext): Generator<Step, void> {
  const fields = yield* reader.struct('FD_ENT', path, 0);
  context.budget.take(FD_MEMORY_BYTES, 'the open files', reader.at(path));
  const { objref } = fields;
  const isNew = objref > 0 && !context.seenFiles.has(objref);
  const isOdd = objref === 0 || (reader.isLenient && isNew !== (yield* reader.isOfType('FD_DATA')));
  if (isOdd) {
    const expected = objref === 0 ? '1 or more' : `the number of ${isNew ? 'a file before' : 'a new file'}`;
    reader.fault(reader.badField('FD_ENT', 'objref', path, expected, objref));
  }
  const hasData = isOdd ? yield* reader.isOfType('FD_DATA') : isNew;
  if (!hasData) {
    if (!isOdd) files.push({ fields, file: undefined });
    return;
  }
  const data = yield* reader.struct('FD_DATA', `${path}.data`, objref);
  const name = yield* reader.text('FNAME', `${path}.fname`, { atMost: PATH_MAX_BYTES });
  if (isOdd) return;
  context.seenFiles.add(objref);
  files.push({ fields, file: { fields: data, name } });
}

function* walkThread(reader: RecordReader, path: string, task: TaskParts, context: WalkContext): Generator<Step, void> {
  const { parent } = task.mm;
  const isKnown = yield* reader.isKnownLength('THREAD');
  let count: number | undefined = 0;
  if (!isKnown && reader.revision.opaque.includes('THREAD')) yield* reader.opaque('THREAD', path, parent, 0);
  else count = checkThread(reader, path, yield* reader.struct('THREAD', path, parent));
  const isTold = count !== undefined && reader.revision.tls === 'if set';
  const hasTls = isTold ? count !== 0 : yield* findTls(reader, parent ?? 0, context);
  if (hasTls) task.tls = yield* reader.rawBytes('raw:tls', TLS_BYTES, `${path}.tls`);
}

/** How many TLS descriptors are set; undefined where what it says cannot be. */
function checkThread(reader: RecordReader, path: string, thread: StructRecord<'THREAD'>): number | undefined {
  const { gdt_entry_tls_entries: entries, sizeof_tls_array: size, ntls } = thread;
  if (entries !== TLS_ENTRIES)
    reader.fault(reader.badField('THREAD', 'gdt_entry_tls_entries', path, TLS_ENTRIES, entries));
  if (size !== TLS_BYTES) reader.fault(reader.badField('THREAD', 'sizeof_tls_array', path, TLS_BYTES, size));
  if (ntls >= 0 && ntls <= TLS_ENTRIES) return ntls;
  reader.fault(reader.badField('THREAD', 'ntls', path, `0 to ${String(TLS_ENTRIES)}`, ntls));
  return undefined;
}

/**
 * Whether the TLS array is there that kernels up to v8 always wrote, though their own reader skipped it for `ntls` 0:
 * other writers may have left it out. An array whose bytes look like a CPU header is told by what stands further on.
 * Source: spec/cr-stream.md 5.5.
 */
function* findTls(reader: RecordReader, parent: number, context: WalkContext): Generator<Promise<void>, boolean> {
  if (!(yield* reader.isNext('CPU', parent))) return true;
  const isAlsoBehind = yield* reader.isNext('CPU', parent, TLS_BYTES);
  const cpuBytes = CR_HDR.size + ((yield* reader.peek())?.len ?? 0);
  const hasTls = isAlsoBehind && !(yield* reader.isNext('TAIL', 0, cpuBytes));
  const why = isAlsoBehind ? 'a CPU fits with and without, TAIL tells' : 'a CPU follows THREAD';
  context.decidedBy.push(`${why}: ${hasTls ? 'a' : 'no'} TLS array`);
  return hasTls;
}

function* walkCpu(reader: RecordReader, path: string, task: TaskParts, context: WalkContext): Generator<Step, void> {
  const { parent } = task.mm;
  if (!(yield* reader.isKnownLength('CPU')) && reader.revision.opaque.includes('CPU')) {
    const at = reader.at(path);
    const { length } = yield* reader.opaque('CPU', path, parent, 0);
    const message = `registers are not known: no CPU record is known to have ${String(length)} bytes`;
    context.notes.add({ code: 'GUESSED', message, at });
    return;
  }
  const cpu = yield* reader.struct('CPU', path, parent);
  task.cpu = cpu;
  if (cpu.used_math === 0) return;
  if (!cpu.fpu) {
    task.xstate = yield* reader.rawBytes('raw:xstate', context.xstateBytes, `${path}.xstate`);
    return;
  }
  const message = 'the FPU state is a copied pointer and what stood behind it, if a v6 kernel wrote the image';
  context.notes.add({ code: 'GUESSED', message, at: reader.atField('fpu', path) });
  task.xstate = cpu.fpu;
}

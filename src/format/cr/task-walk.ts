import { PATH_MAX_BYTES } from '../linux-cr/path.js';
import { TLS_BYTES, TLS_ENTRIES } from '../linux-cr/segments.js';
import { TASK_COMM_BYTES } from '../linux-cr/task.js';
import { walkMm } from './address-space.js';
import type { FdParts, TaskParts } from './parts.js';
import type { RecordReader, Step } from './record-reader.js';
import { CR_HDR } from './record.js';
import { narrowByNext } from './recognise.js';
import type { StructRecord } from './structs.js';
import type { WalkContext } from './walk-context.js';

const NOTHING = new Uint8Array(0);

/** About what a task and a descriptor take, records and model together. */
const TASK_MEMORY_BYTES = 8192;
const FD_MEMORY_BYTES = 1024;

/** `task = TASK , [ STRING ] , mm , [ files ] , THREAD , [ tls24 ] , CPU , [ xstate ]`. Source: spec/cr-stream.md 5.7. */
export function* walkTask(reader: RecordReader, path: string, context: WalkContext): Generator<Step, TaskParts> {
  const { fields, comm } = yield* walkTaskHead(reader, path, context);
  const mm = yield* walkMm(reader, `${path}.mm`, context);
  yield* narrowByNext(reader, context, ({ types }) => (types.FILES === undefined ? 'THREAD' : 'FILES'));
  const hasFiles = reader.revision.types.FILES !== undefined;
  const files = hasFiles ? yield* walkFiles(reader, `${path}.files`, mm.parent, context) : [];
  const tls = yield* walkThread(reader, `${path}.thread`, mm.parent, context);
  const { cpu, xstate } = yield* walkCpu(reader, `${path}.cpu`, mm.parent, context);
  return { fields, comm, mm, files, tls, cpu, xstate };
}

/** What a task is called, and what is known of it beside its memory. */
function* walkTaskHead(
  reader: RecordReader,
  path: string,
  context: WalkContext,
): Generator<Step, Pick<TaskParts, 'fields' | 'comm'>> {
  context.budget.take(TASK_MEMORY_BYTES, 'the tasks', reader.at(path));
  const isKnown = yield* reader.isKnownLength('TASK');
  const isOpaque = !isKnown && reader.revision.opaque.includes('TASK');
  const bytes = isOpaque ? yield* reader.opaque('TASK', path, 0, TASK_COMM_BYTES) : NOTHING;
  const fields = isOpaque ? undefined : yield* reader.struct('TASK', path, 0);
  const length = fields?.task_comm_len ?? TASK_COMM_BYTES;
  if (length < 1 || length > TASK_COMM_BYTES)
    throw reader.badField('TASK', 'task_comm_len', path, `1 to ${String(TASK_COMM_BYTES)}`, length);
  yield* narrowByNext(reader, context, ({ comm }) => (comm === 'inline' ? 'MM' : 'STRING'));
  if (reader.revision.comm === 'inline') return { fields, comm: bytes.subarray(-TASK_COMM_BYTES) };
  return { fields, comm: yield* reader.text('STRING', `${path}.comm`, { exactly: length }) };
}

function* walkFiles(
  reader: RecordReader,
  path: string,
  parent: number,
  context: WalkContext,
): Generator<Step, FdParts[]> {
  const { nfds } = yield* reader.struct('FILES', path, parent);
  const files: FdParts[] = [];
  for (let i = 0; i < nfds; i++) files.push(yield* walkFd(reader, `${path}.fd[${String(i)}]`, context));
  return files;
}

function* walkFd(reader: RecordReader, path: string, context: WalkContext): Generator<Step, FdParts> {
  const fields = yield* reader.struct('FD_ENT', path, 0);
  context.budget.take(FD_MEMORY_BYTES, 'the open files', reader.at(path));
  const { objref } = fields;
  if (objref === 0) throw reader.badField('FD_ENT', 'objref', path, '1 or more', objref);
  if (context.seenFiles.has(objref)) return { fields, file: undefined };
  context.seenFiles.add(objref);
  const data = yield* reader.struct('FD_DATA', `${path}.data`, objref);
  const name = yield* reader.text('FNAME', `${path}.fname`, { atMost: PATH_MAX_BYTES });
  return { fields, file: { fields: data, name } };
}

function* walkThread(
  reader: RecordReader,
  path: string,
  parent: number,
  context: WalkContext,
): Generator<Step, Uint8Array> {
  const isKnown = yield* reader.isKnownLength('THREAD');
  let count = 0;
  if (!isKnown && reader.revision.opaque.includes('THREAD')) yield* reader.opaque('THREAD', path, parent, 0);
  else count = checkThread(reader, path, yield* reader.struct('THREAD', path, parent));
  const hasTls = reader.revision.tls === 'if set' ? count > 0 : yield* findTls(reader, parent, context);
  return hasTls ? yield* reader.rawBytes('raw:tls', TLS_BYTES, `${path}.tls`) : NOTHING;
}

/** How many TLS descriptors are set. @throws {FormatError} `BAD_FIELD` */
function checkThread(reader: RecordReader, path: string, thread: StructRecord<'THREAD'>): number {
  const { gdt_entry_tls_entries: entries, sizeof_tls_array: size, ntls } = thread;
  if (entries !== TLS_ENTRIES) throw reader.badField('THREAD', 'gdt_entry_tls_entries', path, TLS_ENTRIES, entries);
  if (size !== TLS_BYTES) throw reader.badField('THREAD', 'sizeof_tls_array', path, TLS_BYTES, size);
  if (ntls < 0 || ntls > TLS_ENTRIES)
    throw reader.badField('THREAD', 'ntls', path, `0 to ${String(TLS_ENTRIES)}`, ntls);
  return ntls;
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

function* walkCpu(
  reader: RecordReader,
  path: string,
  parent: number,
  context: WalkContext,
): Generator<Step, Pick<TaskParts, 'cpu' | 'xstate'>> {
  if (!(yield* reader.isKnownLength('CPU')) && reader.revision.opaque.includes('CPU')) {
    const at = reader.at(path);
    const { length } = yield* reader.opaque('CPU', path, parent, 0);
    const message = `registers are not known: no CPU record is known to have ${String(length)} bytes`;
    context.notes.push({ code: 'GUESSED', message, at });
    return { cpu: undefined, xstate: NOTHING };
  }
  const cpu = yield* reader.struct('CPU', path, parent);
  if (cpu.used_math === 0) return { cpu, xstate: NOTHING };
  if (!cpu.fpu) return { cpu, xstate: yield* reader.rawBytes('raw:xstate', context.xstateBytes, `${path}.xstate`) };
  const message = 'the FPU state is a copied pointer and what stood behind it, if a v6 kernel wrote the image';
  context.notes.push({ code: 'GUESSED', message, at: reader.atField('fpu', path) });
  return { cpu, xstate: cpu.fpu };
}

import { walkCapture, walkParent } from '../../linux-cr/extension-walk.js';
import { HEAD_MAGIC, TAIL_MAGIC } from '../../linux-cr/magic.js';
import { walkTrailing } from '../../linux-cr/trailing.js';
import { MAX_TASKS } from '../../linux-cr/task.js';
import type { ByteSource } from '../../bytes/source.js';
import { decodeCString } from '../../bytes/text.js';
import { decodeLayout } from '../../layout/decode.js';
import { hexNumber } from '../../layout/unit.js';
import { FormatError } from '../../errors.js';
import { limitFaults } from '../../linux-cr/faults.js';
import { HEAD_FLAGS } from '../tables/head.js';
import type { StreamItem } from './item.js';
import type { BodyParts, StreamParts } from './parts.js';
import { RecordReader, type Step } from './record-reader.js';
import { narrowByNext, narrowByParents, settleOn } from './recognise.js';
import { V11 } from '../tables/revision.js';
import type { RecordName, StructRecord } from '../tables/structs.js';
import { PID_ENTRY } from '../tables/task.js';
import { wordBytesOfMachine } from '../machine.js';
import { walkTask } from './task-walk.js';
import { resumes, tolerantly } from './tolerance.js';
import { narrow, newContext, type WalkContext, type WalkOptions } from './walk-context.js';

/** About what an entry of the pid array takes in memory. */
const PID_MEMORY_BYTES = 256;

/**
 * Walks a stream: yields every item in order, without reading page contents, and returns what they say. Where the source
 * makes us wait it yields a promise instead, to be awaited before going on.
 *
 * `image = HEAD , [ PARENT ] , [ HEAD_ARCH ] , [ TREE , { pid16 } ] , { task } , { CAPTURE } , TAIL`, HEAD_ARCH and TREE
 * where the revision has them.
 * Source: spec/cr-stream.md 5.7.
 */
export function* walkStream(source: ByteSource, options: WalkOptions = {}): Generator<Step, StreamParts> {
  const context = newContext(options);
  let isDamaged = false;
  const tell = options.onFault && limitFaults(options.onFault);
  const onFault =
    tell &&
    ((fault: FormatError): void => {
      isDamaged = true;
      tell(fault);
    });
  const reader = new RecordReader(source, context.candidates.at(-1) ?? V11, onFault);
  const head = yield* walkHead(reader, context);
  const body: BodyParts = { arch: undefined, pids: [], tasks: [], parentLink: undefined, capture: undefined };
  try {
    yield* walkBody(reader, body, context);
  } catch (error) {
    if (!reader.isLenient || !(error instanceof FormatError)) throw error;
    reader.fault(error);
  }
  settleOn(reader.revision, context);
  const { notes, decidedBy, words } = context;
  if (words.bytes === undefined && words.sawHighAddress) {
    words.bytes = 8;
    decidedBy.push('a mapping lies above 4 GiB: 64-bit');
  }
  const { revision } = reader;
  return { ...body, revision, wordBytes: words.bytes, decidedBy, notes: notes.all(), head, isDamaged };
}

/** All behind HEAD, as far as it can be read. */
function* walkBody(reader: RecordReader, body: BodyParts, context: WalkContext): Generator<Step, void> {
  yield* tolerantly(reader, context, 'HEAD_ARCH', 'parent', walkParentLink(reader, body, context));
  while (resumes(context, 'HEAD_ARCH')) {
    yield* tolerantly(reader, context, 'HEAD_ARCH', 'head_arch', walkArch(reader, body, context));
    if (context.resumeAt === undefined) break;
  }
  while (hasRecord(reader, 'TREE') && resumes(context, 'TREE')) {
    yield* tolerantly(reader, context, 'TREE', 'tree', walkTree(reader, body.pids, context));
    if (context.resumeAt === undefined) break;
  }
  const { pids, tasks } = body;
  while (context.resumeAt !== 'END') {
    while (isTaskNext(context, tasks.length, pids.length)) {
      yield* walkTask(reader, `task[${String(tasks.length)}]`, tasks, context);
    }
    if (!resumes(context, 'TAIL')) continue;
    yield* tolerantly(reader, context, 'TAIL', 'tail', walkTail(reader, body, context));
    if (context.resumeAt === undefined) return;
  }
}

/** One task for each pid, or one; more where the walk was resumed at one. */
function isTaskNext({ resumeAt }: WalkContext, read: number, count: number): boolean {
  if (resumeAt === undefined) return read < Math.max(count, 1);
  return resumeAt !== 'TAIL' && resumeAt !== 'END';
}

/** `[ PARENT ]`, and then what else tells the revision. */
function* walkParentLink(reader: RecordReader, body: BodyParts, context: WalkContext): Generator<Step, void> {
  body.parentLink = yield* walkParent(reader, context.budget);
  context.isIncremental = body.parentLink !== undefined;
  yield* narrowByNext(reader, context, ({ types }) => (types.HEAD_ARCH === undefined ? 'TASK' : 'HEAD_ARCH'));
}

function* walkArch(reader: RecordReader, body: BodyParts, context: WalkContext): Generator<Step, void> {
  if (!hasRecord(reader, 'HEAD_ARCH')) return;
  body.arch = yield* reader.struct('HEAD_ARCH', 'head_arch', 0);
  context.xstateBytes = body.arch.xstate_size;
  // rev has told already, unless it is wrong
  yield* narrowByNext(reader, context, ({ types }) => (types.TREE === undefined ? 'TASK' : 'TREE'));
}

function* walkTail(reader: RecordReader, body: BodyParts, context: WalkContext): Generator<Step, void> {
  body.capture = yield* walkCapture(reader, context.budget);
  if (reader.revision.tail === 'may be missing' && !(yield* reader.has(1))) {
    const at = reader.at('tail');
    context.notes.add({ code: 'GUESSED', message: `${reader.revision.name} may end without TAIL, as this does`, at });
    return;
  }
  const { magic } = yield* reader.struct('TAIL', 'tail', 0);
  if (magic !== TAIL_MAGIC)
    reader.fault(reader.badField('TAIL', 'magic', 'tail', hexNumber(TAIL_MAGIC), hexNumber(magic), 'BAD_MAGIC'));
  yield* walkTrailing(reader.cursor, 'TAIL', (note) => {
    context.notes.add(note);
  });
}

function hasRecord(reader: RecordReader, name: RecordName): boolean {
  return reader.revision.types[name] !== undefined;
}

function* walkHead(reader: RecordReader, context: WalkContext): Generator<Step, StructRecord<'HEAD'>> {
  yield* narrowByNext(reader, context, () => 'HEAD');
  yield* narrowByParents(reader, context);
  const isOwned = reader.revision.parents === 'owner';
  const head = yield* reader.struct('HEAD', 'head', isOwned ? 0 : undefined);
  if (!isOwned) reader.everyParent = reader.lastParent;
  const { magic, flags, rev } = head;
  if (magic !== HEAD_MAGIC)
    reader.fault(reader.badField('HEAD', 'magic', 'head', hexNumber(HEAD_MAGIC), hexNumber(magic), 'BAD_MAGIC'));
  if (flags !== HEAD_FLAGS.CKPT)
    reader.fault(reader.badField('HEAD', 'flags', 'head', hexNumber(HEAD_FLAGS.CKPT), hexNumber(flags)));
  const known = new Set(context.candidates.flatMap(({ headRevs }) => headRevs));
  if (!known.has(rev)) reader.fault(reader.badField('HEAD', 'rev', 'head', [...known].sort().join(' or '), rev));
  else narrow(reader, context, ({ headRevs }) => headRevs.includes(rev), `rev ${String(rev)}`);
  context.words.bytes = head.machine && wordBytesOfMachine(decodeCString(head.machine));
  if (context.words.bytes) context.decidedBy.push(`machine says ${String(context.words.bytes * 8)}-bit`);
  return head;
}

function* walkTree(reader: RecordReader, pids: BodyParts['pids'], context: WalkContext): Generator<Step, void> {
  const { tasks_nr } = yield* reader.struct('TREE', 'tree', 0);
  if (tasks_nr === 0 || tasks_nr > MAX_TASKS)
    throw reader.badField('TREE', 'tasks_nr', 'tree', `1 to ${String(MAX_TASKS)}`, tasks_nr);
  // where it may be wrong, entries are taken as they come
  if (!reader.isLenient) context.budget.take(tasks_nr * PID_MEMORY_BYTES, 'the pids', reader.at('tree.pids'));
  const offset = reader.cursor.position;
  while (pids.length < tasks_nr) {
    const path = `tree.pids[${String(pids.length)}]`;
    if (reader.isLenient && (yield* reader.isNext('TASK'))) {
      reader.fault(reader.unexpected(reader.revision.types.TASK ?? 0, 'an entry of the pid array', path));
      break;
    }
    const bytes = yield* reader.need(PID_ENTRY.size, 'the pid array', path);
    if (reader.isLenient) context.budget.take(PID_MEMORY_BYTES, 'the pids', reader.at(path));
    pids.push(decodeLayout(PID_ENTRY, bytes, reader.at(path)));
    reader.cursor.advance(PID_ENTRY.size);
  }
  const length = pids.length * PID_ENTRY.size;
  yield { kind: 'pids', name: 'raw:pids', offset, length, path: 'tree.pids', entries: pids };
}

/**
 * All items of a stream, in order and without gaps.
 *
 * @throws {FormatError} at the first byte that cannot be right
 */
export async function* walkRecords(source: ByteSource, options: WalkOptions = {}): AsyncGenerator<StreamItem> {
  for (const step of walkStream(source, options)) {
    if (step instanceof Promise) await step;
    else yield step;
  }
}

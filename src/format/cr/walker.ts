import { HEAD_MAGIC, TAIL_MAGIC } from '../linux-cr/magic.js';
import { MAX_TASKS } from '../linux-cr/task.js';
import type { ByteSource } from '../bytes/source.js';
import { decodeCString } from '../bytes/text.js';
import { decodeLayout } from '../layout/decode.js';
import { hexNumber } from '../layout/unit.js';
import { HEAD_FLAGS } from './head.js';
import type { PidsItem, StreamItem } from './item.js';
import type { StreamParts } from './parts.js';
import { RecordReader, type Step } from './record-reader.js';
import { narrowByNext, settleOn } from './recognise.js';
import { V11 } from './revision.js';
import type { RecordName, StructRecord } from './structs.js';
import { PID_ENTRY } from './task.js';
import { wordBytesOfMachine } from './machine.js';
import { walkTask } from './task-walk.js';
import { narrow, newContext, type WalkContext, type WalkOptions } from './walk-context.js';

/** About what an entry of the pid array takes in memory. */
const PID_MEMORY_BYTES = 256;

/**
 * Walks a stream: yields every item in order, without reading page contents, and returns what they say. Where the source
 * makes us wait it yields a promise instead, to be awaited before going on.
 *
 * `image = HEAD , [ HEAD_ARCH ] , [ TREE , { pid16 } ] , { task } , TAIL`, each of the first two where the revision has it.
 * Source: spec/cr-stream.md 5.7.
 */
export function* walkStream(source: ByteSource, options: WalkOptions = {}): Generator<Step, StreamParts> {
  const context = newContext(options);
  const reader = new RecordReader(source, context.candidates.at(-1) ?? V11);
  const head = yield* walkHead(reader, context);
  const arch = hasRecord(reader, 'HEAD_ARCH') ? yield* reader.struct('HEAD_ARCH', 'head_arch', 0) : undefined;
  context.xstateBytes = arch?.xstate_size ?? 0;
  const pids = hasRecord(reader, 'TREE') ? yield* walkTree(reader, context) : [];
  const tasks = [];
  for (let i = 0; i < Math.max(pids.length, 1); i++) {
    tasks.push(yield* walkTask(reader, `task[${String(i)}]`, context));
  }
  const { magic } = yield* reader.struct('TAIL', 'tail', 0);
  if (magic !== TAIL_MAGIC)
    throw reader.badField('TAIL', 'magic', 'tail', hexNumber(TAIL_MAGIC), hexNumber(magic), 'BAD_MAGIC');
  yield* walkTrailing(reader, context);
  settleOn(reader.revision, context);
  const { notes, decidedBy, words } = context;
  return { revision: reader.revision, wordBytes: words.bytes, decidedBy, notes, head, arch, pids, tasks };
}

function hasRecord(reader: RecordReader, name: RecordName): boolean {
  return reader.revision.types[name] !== undefined;
}

function* walkHead(reader: RecordReader, context: WalkContext): Generator<Step, StructRecord<'HEAD'>> {
  yield* narrowByNext(reader, context, () => 'HEAD');
  const isOwned = reader.revision.parents === 'owner';
  const head = yield* reader.struct('HEAD', 'head', isOwned ? 0 : undefined);
  if (!isOwned) reader.everyParent = reader.lastParent;
  const { magic, flags, rev } = head;
  if (magic !== HEAD_MAGIC)
    throw reader.badField('HEAD', 'magic', 'head', hexNumber(HEAD_MAGIC), hexNumber(magic), 'BAD_MAGIC');
  if (flags !== HEAD_FLAGS.CKPT)
    throw reader.badField('HEAD', 'flags', 'head', hexNumber(HEAD_FLAGS.CKPT), hexNumber(flags));
  const known = new Set(context.candidates.flatMap(({ headRevs }) => headRevs));
  if (!known.has(rev)) throw reader.badField('HEAD', 'rev', 'head', [...known].sort().join(' or '), rev);
  narrow(reader, context, ({ headRevs }) => headRevs.includes(rev), `rev ${String(rev)}`);
  context.words.bytes = head.machine && wordBytesOfMachine(decodeCString(head.machine));
  if (context.words.bytes) context.decidedBy.push(`machine says ${String(context.words.bytes * 8)}-bit`);
  yield* narrowByNext(reader, context, ({ types }) => (types.HEAD_ARCH === undefined ? 'TASK' : 'HEAD_ARCH'));
  return head;
}

function* walkTree(reader: RecordReader, context: WalkContext): Generator<Step, PidsItem['entries']> {
  const { tasks_nr } = yield* reader.struct('TREE', 'tree', 0);
  if (tasks_nr === 0 || tasks_nr > MAX_TASKS)
    throw reader.badField('TREE', 'tasks_nr', 'tree', `1 to ${String(MAX_TASKS)}`, tasks_nr);
  context.budget.take(tasks_nr * PID_MEMORY_BYTES, 'the pids', reader.at('tree.pids'));
  const offset = reader.cursor.position;
  const entries = [];
  for (let i = 0; i < tasks_nr; i++) {
    const path = `tree.pids[${String(i)}]`;
    const bytes = yield* reader.need(PID_ENTRY.size, 'the pid array', path);
    entries.push(decodeLayout(PID_ENTRY, bytes, reader.at(path)));
    reader.cursor.advance(PID_ENTRY.size);
  }
  yield { kind: 'pids', name: 'raw:pids', offset, length: tasks_nr * PID_ENTRY.size, path: 'tree.pids', entries };
  return entries;
}

function* walkTrailing(reader: RecordReader, context: WalkContext): Generator<Step, void> {
  const { cursor } = reader;
  const offset = cursor.position;
  if (cursor.source.isSeekable) cursor.advance(cursor.source.size - offset);
  // a pipe is read to its end, so that who writes it is not cut off
  else while (yield* reader.has(1)) cursor.advance(cursor.buffered);
  const length = cursor.position - offset;
  if (length === 0) return;
  const message = `${String(length)} bytes behind TAIL`;
  context.notes.push({ code: 'TRAILING_BYTES', message, at: { offset, path: 'trailing' } });
  yield { kind: 'trailing', name: 'raw:trailing', offset, length, path: 'trailing' };
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

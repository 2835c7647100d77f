import { truncated } from '../../bytes/cursor.js';
import { decodeCString } from '../../bytes/text.js';
import type { ByteSource } from '../../bytes/source.js';
import { FormatError } from '../../errors.js';
import { hexNumber } from '../../layout/unit.js';
import { MemoryBudget } from '../../model/budget.js';
import { FaultLog } from './faults.js';
import { bigintIn } from './fields.js';
import { walkFrames } from './framing.js';
import { OnlyListed, walkArch, walkContainer, walkHeader, walkUname } from './head-walk.js';
import { walkCapture, walkParent } from '../../linux-cr/extension-walk.js';
import { TAIL_MAGIC } from '../../linux-cr/magic.js';
import { walkTrailing } from '../../linux-cr/trailing.js';
import type { StreamItem } from './item.js';
import type { StreamParts, TaskParts } from './parts.js';
import { settleOn } from './recognise.js';
import { EndedByWriter, RecordReader, type Step } from './record-reader.js';
import { Resumption, recover, walkStages, type Anchor } from './resync.js';
import { REVISIONS, type CkptRevision } from '../tables/revision.js';
import { walkTask } from './task-walk.js';
import { walkPids, walkTree } from './tree-walk.js';
import { newContext, noteMoreGuesses, type WalkContext, type WalkOptions } from './walk-context.js';

const NOTHING = new Uint8Array(0);

/**
 * Walks a stream: yields every item in order, without reading page contents, and returns what they say. Where the source
 * makes us wait it yields a promise instead, to be awaited before going on.
 *
 * `image = HEADER , uname , HEADER_ARCH , [ PARENT ] , [ container ] , [ pids ] , tree , { task } , { CAPTURE } , TAIL`.
 *
 * With `onFault`, everything wrong is reported there, and what was proved is returned; only a stream without a HEADER
 * throws.
 *
 * @throws {FormatError} at the first byte that cannot be right
 * Source: spec/cr-stream.md 10.
 */
export function* walkStream(source: ByteSource, options: WalkOptions = {}): Generator<Step, StreamParts> {
  const [newest] = (options.revisions ?? REVISIONS).slice(-1);
  if (!newest) throw new RangeError('no revision to read a stream as');
  const parts = newParts(newest);
  const context = newContext(parts, options);
  const faults = new FaultLog(options.onFault);
  const reader = new RecordReader(source, newest, faults, options.budget ?? new MemoryBudget(Infinity));
  yield* walkHeader(reader, context);
  try {
    yield* walkBody(reader, context);
  } catch (error) {
    if (error instanceof EndedByWriter) yield* walkError(reader, context);
    else if (error instanceof FormatError) faults.add(error);
    else if (!(error instanceof Resumption)) throw error;
  }
  noteMoreGuesses(context);
  settleOn(context);
  return parts;
}

function newParts(revision: CkptRevision): StreamParts {
  return {
    ...{ revision, wordBytes: 8, decidedBy: [], notes: [], header: undefined, arch: {} },
    uname: { release: NOTHING, version: NOTHING, machine: NOTHING },
    ...{ container: [], pidObjects: new Map(), pids: [], vpids: [], tasks: [] },
    ...{ files: new Map(), fileTables: new Map(), mms: new Map(), memory: new Map(), segmentKeys: new Map() },
    ...{ parentLink: undefined, capture: undefined },
  };
}

function* walkBody(reader: RecordReader, context: WalkContext): Generator<Step, void> {
  let anchor: Anchor | undefined;
  try {
    yield* walkStages(reader, context, [
      { anchors: [], walk: () => walkUname(reader, context) },
      { anchors: ['HEADER_ARCH'], walk: () => walkArch(reader, context) },
      { anchors: [], walk: () => walkParentLink(reader, context) },
      { anchors: ['CONTAINER'], walk: () => walkContainer(reader, context) },
      { anchors: ['PIDS'], walk: () => walkPids(reader, context) },
      { anchors: ['TREE'], walk: () => walkTree(reader, context) },
    ]);
  } catch (error) {
    if (!(error instanceof Resumption)) throw error;
    ({ anchor } = error);
  }
  anchor = yield* walkTasks(reader, context, anchor);
  if (anchor === undefined || anchor === 'TAIL') yield* walkTail(reader, context);
  else reader.faults.add(truncated(reader.cursor.source, 'the image', 'tail'));
}

/** All tasks; returns where reading can go on, when that is not behind the last of them. */
function* walkTasks(
  reader: RecordReader,
  context: WalkContext,
  start: Anchor | undefined,
): Generator<Step, Anchor | undefined> {
  let anchor = start;
  // without the list of pids, or behind damage, tasks go on as long as there are any
  for (let i = 0; i < context.parts.pids.length || anchor !== undefined; i++) {
    if (anchor === 'TAIL' || anchor === 'end') return anchor;
    try {
      yield* walkTask(reader, `task[${String(i)}]`, anchor === 'TASK' ? undefined : anchor, context);
      anchor = anchor !== undefined && (yield* reader.peekName()) === 'TASK' ? 'TASK' : undefined;
    } catch (error) {
      anchor = yield* recover(reader, context, error);
    }
    context.lastVmaEnd = undefined;
  }
  return undefined;
}

function* walkParentLink(reader: RecordReader, { parts }: WalkContext): Generator<Step, void> {
  parts.parentLink = yield* walkParent(reader, reader.budget);
}

function* walkTail(reader: RecordReader, context: WalkContext): Generator<Step, void> {
  context.parts.capture = yield* walkCapture(reader, reader.budget);
  const tail = yield* reader.record('TAIL', 'tail');
  const magic = bigintIn(tail.fields, 'magic');
  if (magic !== TAIL_MAGIC)
    reader.fault(reader.badField(tail, 'magic', hexNumber(TAIL_MAGIC), hexNumber(magic), 'BAD_MAGIC'));
  yield* walkTrailing(reader.cursor, 'the end', (note) => context.parts.notes.push(note));
}

/** Whether nothing was read of a task. */
function isBlank({ fields, cpu, mm, fileTable, objs, sections }: TaskParts): boolean {
  const isBegun = [fields, cpu, mm, fileTable].some((part) => part !== undefined);
  return !isBegun && Object.keys({ ...objs, ...sections }).length === 0;
}

/** `error = ERROR , STRING`: the writer failed, and says why. Source: spec/cr-stream.md 7.1. */
function* walkError(reader: RecordReader, context: WalkContext): Generator<Step, void> {
  const { parts } = context;
  const at = reader.at('error');
  const last = parts.tasks.at(-1);
  // what of a task is there when its writer gave up is kept only where anything is, and is wanted
  if (last?.isComplete === false && (!reader.faults.isLenient || isBlank(last))) parts.tasks.pop();
  yield* reader.record('ERROR', 'error');
  const { bytes } = yield* reader.record('STRING', 'error.text', { role: 'error' });
  const message = `the writer gave up: ${decodeCString(bytes[0] === 0 ? bytes.subarray(1) : bytes)}`;
  parts.notes.push({ code: 'ENDED_BY_WRITER', message, at });
  parts.decidedBy.push(`an ERROR record ends the image: ${message}`);
  yield* walkTrailing(reader.cursor, 'the end', (note) => parts.notes.push(note));
}

/**
 * All items of a stream, in order and without gaps. Of an image that is not read, such as one of another architecture,
 * its records, without a look at what is in them.
 *
 * @throws {FormatError} at the first byte that cannot be right
 */
export async function* walkRecords(source: ByteSource, options: WalkOptions = {}): AsyncGenerator<StreamItem> {
  let end = 0;
  try {
    for (const step of walkStream(source, options)) {
      if (step instanceof Promise) await step;
      else {
        end = step.offset + step.length;
        yield step;
      }
    }
  } catch (error) {
    if (!(error instanceof OnlyListed)) throw error;
    for (const step of walkFrames(source, end)) {
      if (step instanceof Promise) await step;
      else yield step;
    }
  }
}

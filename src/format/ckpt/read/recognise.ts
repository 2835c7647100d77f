import { decodeLayout } from '../../layout/decode.js';
import { numberIn } from './fields.js';
import type { RecordItem } from './item.js';
import type { RecordName } from '../tables/names.js';
import { isLengthOf } from './payload.js';
import { CKPT_HDR } from '../tables/record.js';
import type { Header, RecordReader } from './record-reader.js';
import type { CkptRevision } from '../tables/revision.js';
import { TASK_V23_RC1 } from '../tables/task.js';
import { narrow, type WalkContext } from './walk-context.js';

/** How far ahead of the first TASK to look for a record whose length tells what TASK is. */
const LOOK_AHEAD_BYTES = 256 * 1024;

/** Whether a record of this name may have this header. */
export function fits(revision: CkptRevision, name: RecordName, { type, len }: Header): boolean {
  const shape = revision.shapes[name];
  return revision.types[name] === type && shape !== undefined && isLengthOf(shape, len - CKPT_HDR.size);
}

/**
 * Keeps the revisions for which the record that comes next may be the one that their grammar wants here, by number and
 * length. Where it is none of them, all are kept: reading it says what is wrong.
 *
 * Source: spec/cr-stream.md 9.1.
 */
export function* narrowByNext(
  reader: RecordReader,
  context: WalkContext,
  nameIn: (revision: CkptRevision) => RecordName,
): Generator<Promise<void>, void> {
  if (context.candidates.length <= 1) return;
  const header = yield* reader.peek();
  if (header) narrowByHeader(reader, context, nameIn, header);
}

function narrowByHeader(
  reader: RecordReader,
  context: WalkContext,
  nameIn: (revision: CkptRevision) => RecordName,
  header: Header,
): void {
  const fitting = context.candidates.filter((revision) => fits(revision, nameIn(revision), header));
  const [first] = fitting;
  if (!first) return;
  const what = `${nameIn(first)} is number ${String(header.type)} with ${String(header.len)} bytes`;
  narrow(reader, context, (revision) => fitting.includes(revision), what);
}

/** What `rev` and the constants in HEADER tell. Source: spec/cr-stream.md 9.1. */
export function narrowByHead(reader: RecordReader, context: WalkContext, { fields }: RecordItem): void {
  const rev = numberIn(fields, 'rev');
  narrow(reader, context, ({ headRevs }) => headRevs.includes(rev), `rev ${String(rev)}`);
  const limits = numberIn(fields, 'rlimit_nlimits');
  const hasLimits = (revision: CkptRevision): boolean => hasHeadField(revision, 'rlimit_nlimits');
  narrow(reader, context, (revision) => hasLimits(revision) === limits > 0, `rlimit_nlimits ${String(limits)}`);
  const auxv = numberIn(fields, 'at_vector_size') + numberIn(fields, 'mm_saved_auxv_len');
  const isCount = auxv < LEAST_AUXV_BYTES;
  const what = `auxv of ${String(auxv)} ${isCount ? 'words' : 'bytes'}`;
  narrow(reader, context, (revision) => hasHeadField(revision, 'at_vector_size') === isCount, what);
  const controls = numberIn(fields, 'tty_termios_ncc') + numberIn(fields, 'tty_termios_nccs');
  // the field was renamed in the middle of v23-rc1: only the new number proves something
  if (controls !== NCCS) return;
  narrow(reader, context, (revision) => hasHeadField(revision, 'tty_termios_nccs'), `${String(NCCS)} termios controls`);
}

/** An auxiliary vector has about 44 entries, and so at least 168 bytes. */
const LEAST_AUXV_BYTES = 100;
/** NCCS of the kernel. */
const NCCS = 19;

function hasHeadField({ shapes }: CkptRevision, name: string): boolean {
  return shapes.HEADER?.layouts.some(({ fields }) => fields.some((field) => field.name === name)) === true;
}

/**
 * What `offset` in PIDS tells: object numbers start at 1, and `offset` is one less or the same. Where that leaves both,
 * as when the first number is not 1, the memory further on is asked.
 */
export function* narrowByPids(
  reader: RecordReader,
  context: WalkContext,
  { fields }: RecordItem,
): Generator<Promise<void>, void> {
  if (numberIn(fields, 'offset') === 0)
    narrow(reader, context, ({ pidObjects }) => pidObjects?.offsetOf === 'first-1', 'pid objects count from 0');
  else yield* narrowByMemory(reader, context);
}

/** Number of the first pid object in a revision. Source: spec/cr-stream.md 8.4. */
export function firstPidObject({ pidObjects }: CkptRevision, offset: number): number {
  return pidObjects?.offsetOf === 'first' ? offset : offset + 1;
}

/** Where the newest revision would have references to pid objects that are not in the list: keeps those that have not. */
export function narrowByPidReferences(
  reader: RecordReader,
  context: WalkContext,
  { offset, count }: { readonly offset: number; readonly count: number },
  references: readonly number[],
): void {
  const isListed = (revision: CkptRevision): boolean => {
    const first = firstPidObject(revision, offset);
    return references.every((id) => id >= first && id < first + count);
  };
  if (!isListed(reader.revision)) narrow(reader, context, isListed, 'pids refer to objects that count so');
}

/**
 * Tells builds of one revision apart by the record behind SOCKET, which is SOCKET_UNIX or SOCKET_INET.
 *
 * Source: spec/cr-stream.md 7.4, notes.
 */
export function narrowBySocket(reader: RecordReader, context: WalkContext, header: Header): void {
  const { revision } = reader;
  const { beforeFrag } = revision;
  const isNext = (build: CkptRevision): boolean =>
    fits(build, 'SOCKET_UNIX', header) || fits(build, 'SOCKET_INET', header);
  if (!beforeFrag || isNext(revision) || !isNext(beforeFrag)) return;
  context.candidates = context.candidates.map((candidate) => (candidate === revision ? beforeFrag : candidate));
  reader.revision = beforeFrag;
  context.parts.revision = beforeFrag;
  context.parts.decidedBy.push(`number ${String(header.type)} with ${String(header.len)} bytes stands behind SOCKET`);
}

/**
 * Tells TASKs of one length from each other: by the first record further on that has another length or number. Where
 * none is near, by the padding at the end of the older one.
 */
export function* narrowByTask(reader: RecordReader, context: WalkContext): Generator<Promise<void>, void> {
  yield* narrowByNext(reader, context, () => 'TASK');
  yield* narrowByMemory(reader, context);
  if (context.candidates.length > 1) yield* narrowByTaskPadding(reader, context);
}

/** By the first VMA or MM_CONTEXT further on, if one is near. */
function* narrowByMemory(reader: RecordReader, context: WalkContext): Generator<Promise<void>, void> {
  if (context.candidates.length <= 1) return;
  for (let distance = 0; distance < LOOK_AHEAD_BYTES;) {
    const header = yield* reader.peek(distance);
    if (!header || header.len < CKPT_HDR.size) break;
    for (const name of ['VMA', 'MM_CONTEXT'] as const)
      if (context.candidates.some(({ types }) => types[name] === header.type))
        narrowByHeader(reader, context, () => name, header);
    if (context.candidates.length <= 1) return;
    distance += header.len;
  }
}

function* narrowByTaskPadding(reader: RecordReader, context: WalkContext): Generator<Promise<void>, void> {
  const end = CKPT_HDR.size + TASK_V23_RC1.size;
  const isOlder = ({ shapes }: CkptRevision): boolean => shapes.TASK?.layouts.includes(TASK_V23_RC1) === true;
  const differs = new Set(context.candidates.map(isOlder)).size > 1;
  if (!differs || !(yield* reader.has(end))) return;
  const task = decodeLayout(TASK_V23_RC1, reader.cursor.view(end).subarray(CKPT_HDR.size), reader.at('task[0]'));
  if (task.pad.some((byte) => byte !== 0)) {
    narrow(reader, context, (revision) => !isOlder(revision), 'TASK does not end with padding');
  } else if (task.exit_signal !== 0 && task.pdeath_signal === 0) {
    // read as the newer one it would be killed when its parent dies, and send no signal itself
    narrow(reader, context, isOlder, 'TASK has an exit signal where the older layout has it');
  }
}

/** Says what was chosen where more than one revision fits to the end. */
export function settleOn({ candidates, parts }: WalkContext): void {
  const { decidedBy, notes, revision } = parts;
  if (candidates.length > 1)
    decidedBy.push(`nothing tells ${candidates.map(({ name }) => name).join(' from ')}: newest`);
  if (!revision.guessed) return;
  const message = `not confirmed of ${revision.covers}: ${revision.guessed}`;
  decidedBy.push(message);
  notes.push({ code: 'GUESSED', message, at: { offset: 0, path: 'head' } });
}

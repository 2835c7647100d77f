import { FormatError } from '../../errors.js';
import type { KernelItem, KernelRecord } from '../../model/kernel-state.js';
import { EPOLL_ITEM, F_TYPES } from '../tables/files.js';
import { numberIn } from './fields.js';
import { FILE_PRELUDE, NEEDS_OBJREF, OBJECT_OF, type FlatSection } from './flat-section.js';
import type { RawItem, RecordItem } from './item.js';
import { narrowBySocket } from './recognise.js';
import { kernelRecord } from './kernel-items.js';
import type { ObjectName, RecordName } from '../tables/names.js';
import { openObject, type OpenObject } from './objref-walk.js';
import type { Expectation, Header, RecordReader, Step } from './record-reader.js';
import type { FileParts } from './parts.js';
import { PATH_MAX_BYTES } from '../../linux-cr/path.js';
import { nameOfType } from '../tables/revision.js';
import { walkSegment } from './segment-walk.js';
import { noteGuess, type WalkContext } from './walk-context.js';

/** Whether the section begins here. */
export function* startsFlat(
  reader: RecordReader,
  { records, objects, end }: FlatSection,
): Generator<Promise<void>, boolean> {
  const name = yield* reader.peekName();
  if (name === undefined) return false;
  if (name !== 'OBJREF') return name === end || (records.has(name) && end !== undefined);
  const object = yield* reader.peekObject();
  return object !== undefined && objects.has(object);
}

interface Progress {
  readonly items: KernelItem[];
  readonly open: OpenObject[];
  /** Whether every object has a number of its own. */
  isNumbered: boolean;
  last: RecordItem | undefined;
  /** What is wrong, should the first record of an unknown type turn out to stand for one that is missing. */
  strange: FormatError | undefined;
}

/**
 * Reads a section to its end.
 *
 * @returns its items; none where an object has no number of its own, so that what refers to it is lost too
 * @throws {FormatError} `UNEXPECTED_RECORD`, at the first record of an unknown type if there is one, and what reading a
 *         record throws
 */
export function* walkFlat(
  reader: RecordReader,
  path: string,
  flat: FlatSection,
  context: WalkContext,
): Generator<Step, KernelItem[]> {
  const progress: Progress = { items: [], open: [], isNumbered: true, last: undefined, strange: undefined };
  try {
    yield* walkMembers(reader, path, flat, progress, context);
  } catch (error) {
    const isMissing = error instanceof FormatError && error.code === 'UNEXPECTED_RECORD';
    throw isMissing ? (progress.strange ?? error) : error;
  }
  return progress.isNumbered ? progress.items : [];
}

function* walkMembers(
  reader: RecordReader,
  path: string,
  flat: FlatSection,
  progress: Progress,
  context: WalkContext,
): Generator<Step, void> {
  for (let i = 0; ; i++) {
    const at = `${path}[${String(i)}]`;
    const header = yield* reader.peek();
    if (header && progress.last?.name === 'SOCKET') narrowBySocket(reader, context, header);
    const name = header && nameOfType(reader.revision, header.type);
    const isInside = flat.end !== undefined || progress.open.length > 0;
    if (header && name === undefined && isInside) yield* walkStrange(reader, at, header, progress, context);
    else if (name === 'OBJREF' && (yield* startsFlat(reader, flat))) yield* walkObject(reader, at, progress, context);
    else if (name !== undefined && flat.records.has(name)) yield* walkMember(reader, at, name, progress, context);
    else {
      if (isInside) yield* walkEnd(reader, path, flat, progress);
      return;
    }
  }
}

function* walkEnd(
  reader: RecordReader,
  path: string,
  { end }: FlatSection,
  { open, items }: Progress,
): Generator<Step, void> {
  const unfinished = open.at(-1);
  const wanted = unfinished ? recordOf(unfinished.object) : end;
  const record = yield* reader.record(wanted ?? 'STRING', path);
  items.push(kernelRecord(record));
}

function recordOf(object: ObjectName): RecordName | undefined {
  const entry = Object.entries(OBJECT_OF).find(([, of]) => of === object);
  // a key of the table
  return entry?.[0] as RecordName | undefined;
}

function* walkStrange(
  reader: RecordReader,
  path: string,
  header: Header,
  progress: Progress,
  context: WalkContext,
): Generator<Step, void> {
  progress.strange ??= reader.unexpected(header, 'one that is known', path);
  const at = reader.at(path);
  const record = yield* reader.carry(path);
  noteGuess(context, 'records of unknown types', `a record of unknown ${record.name} is carried as bytes`, at);
  progress.items.push(kernelRecord(record));
}

function* walkObject(
  reader: RecordReader,
  path: string,
  progress: Progress,
  context: WalkContext,
): Generator<Step, void> {
  const { items, open } = progress;
  if ((yield* reader.peekObject()) === 'FILE') {
    const file = yield* walkFile(reader, path, context);
    items.push({ kind: 'object', object: 'FILE', id: file.id }, ...file.before, ...file.records, ...file.after);
    return;
  }
  const opened = yield* openObject(reader, path);
  open.push(opened);
  progress.isNumbered &&= opened.isNumbered;
  items.push({ kind: 'object', object: opened.object, id: opened.id });
}

function* walkMember(
  reader: RecordReader,
  path: string,
  name: RecordName,
  progress: Progress,
  context: WalkContext,
): Generator<Step, void> {
  const header = yield* reader.expect(name, path);
  const isWhole = closes(reader, path, name, header, progress.open);
  const record = yield* reader.record(name, path, name === 'BUFFER' ? bufferBehind(progress.last) : {});
  progress.items.push(kernelRecord(record));
  if (isWhole) {
    const done = progress.open.pop();
    if (done) reader.objects.close(done.id);
  }
  progress.last = record;
  if (name === 'IPC_SHM') progress.items.push(yield* walkSegment(reader, path, record, context));
}

/** Whether the record completes the object that was opened last. */
function closes(
  reader: RecordReader,
  path: string,
  name: RecordName,
  header: Header,
  open: readonly OpenObject[],
): boolean {
  const object = OBJECT_OF[name];
  if (object === undefined) return false;
  const current = open.at(-1);
  if (current?.object === object || (object === 'SECURITY' && current?.object === 'SECURITY_PTR')) return true;
  if (!NEEDS_OBJREF.has(name)) return false;
  const expected = current ? `the record of ${current.object} ${String(current.id)}` : 'an OBJREF before it';
  throw reader.unexpected(header, expected, path);
}

/** What the BUFFER behind a record holds. */
function bufferBehind(last: RecordItem | undefined): Expectation {
  if (last?.name === 'IPC_SEM')
    return { role: 'sems', payloadBytes: numberIn(last.fields, 'sem_nsems') * SEMAPHORE_BYTES };
  if (last?.name === 'EPOLL_ITEMS') {
    const payloadBytes = numberIn(last.fields, 'num_items') * EPOLL_ITEM.size;
    return { role: 'epoll_items', payloadBytes, elements: EPOLL_ITEM };
  }
  return last?.name === 'IPC_MSG_MSG' ? { role: 'message' } : {};
}

/** What a semaphore takes in the BUFFER behind its set. Source: spec/cr-stream.md 10. */
const SEMAPHORE_BYTES = 8;

const NAMED: ReadonlySet<number> = new Set([F_TYPES.GENERIC, F_TYPES.FIFO]);
const HIGHEST_F_TYPE = Math.max(...Object.values(F_TYPES));

/** A file as it was read, with its own records for where they are carried as they are. */
type FileSection = FileParts & { readonly records: readonly KernelRecord[] };

/** `obj(FILE)`, section = prelude , FILE , [ FILE_NAME ] , [ pipe contents ]. Source: spec/cr-stream.md 10. */
export function* walkFile(reader: RecordReader, path: string, context: WalkContext): Generator<Step, FileSection> {
  const { id } = yield* openObject(reader, path);
  const before = yield* walkPrelude(reader, `${path}.before`, context);
  const record = yield* reader.record('FILE', path);
  const fType = numberIn(record.fields, 'f_type');
  if (fType > HIGHEST_F_TYPE) reader.fault(reader.badField(record, 'f_type', `0 to ${String(HIGHEST_F_TYPE)}`, fType));
  const isNamed = NAMED.has(fType);
  const named = isNamed ? yield* walkPath(reader, `${path}.name`) : undefined;
  const after = yield* walkPipe(reader, `${path}.pipe`);
  const records = [record, ...(named ? [named] : [])].map(kernelRecord);
  const file = { id, before, fields: record.fields, name: named?.bytes, after, records };
  if (!context.parts.files.has(id)) context.parts.files.set(id, file);
  reader.objects.close(id);
  return file;
}

/**
 * What stands before FILE: among others files on their way through a socket, which may be sockets.
 *
 * @throws {FormatError} `LENGTH_OVERRUN` where they nest too deep
 */
function* walkPrelude(reader: RecordReader, path: string, context: WalkContext): Generator<Step, KernelItem[]> {
  if (context.fileDepth >= MAX_FILE_DEPTH) {
    const facts = { what: 'files within files', expected: `at most ${String(MAX_FILE_DEPTH)}` };
    throw new FormatError('LENGTH_OVERRUN', { at: reader.at(path), ...facts });
  }
  context.fileDepth++;
  try {
    return yield* walkFlat(reader, path, FILE_PRELUDE, context);
  } finally {
    context.fileDepth--;
  }
}

/** Far more than there are in an image, and far less than would take all of the stack. */
const MAX_FILE_DEPTH = 64;

/** A FILE_NAME. @throws {FormatError} `LENGTH_OVERRUN` */
export function* walkPath(reader: RecordReader, path: string): Generator<Step, RecordItem> {
  const record = yield* reader.record('FILE_NAME', path, { atMostBytes: PATH_MAX_BYTES });
  checkNul(reader, record);
  return record;
}

/** @throws {FormatError} `STRING_UNTERMINATED` */
export function checkNul(reader: RecordReader, { offset, length, path, name, bytes }: RecordItem): void {
  if (bytes.at(-1) === 0) return;
  const facts = { what: `last byte of ${name}`, expected: 0, actual: bytes.at(-1) };
  reader.fault(new FormatError('STRING_UNTERMINATED', { at: { offset: offset + length - 1, path }, ...facts }));
}

/** What is in a pipe, with the first file of it: a record, and in v16 and v17 bytes without a header. */
function* walkPipe(reader: RecordReader, path: string): Generator<Step, KernelItem[]> {
  const name = yield* reader.peekName();
  if (name === 'PIPE_BUF') return [kernelRecord(yield* reader.record('PIPE_BUF', path))];
  if (name !== 'FILE_PIPE') return [];
  const head = yield* reader.record('FILE_PIPE', path);
  const length = numberIn(head.fields, 'pipe_len');
  if (length < 0) throw reader.badField(head, 'pipe_len', '0 or more', length, 'LENGTH_OVERRUN');
  reader.budget.take(length, 'the contents of pipes', reader.at(path));
  const bytes = Uint8Array.from(yield* reader.need(length, 'the pipe contents', path));
  const item: RawItem = { kind: 'raw', name: 'raw:pipe', offset: reader.cursor.position, length, path, bytes };
  reader.cursor.advance(length);
  if (length > 0) yield item;
  return [{ kind: 'record', name: 'PIPE_BUF', fields: {}, elements: [], payload: bytes }];
}

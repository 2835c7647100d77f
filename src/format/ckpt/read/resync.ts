import { fieldOf } from '../../layout/layout.js';
import { FormatError } from '../../errors.js';
import { TASK_COMM_BYTES } from '../../linux-cr/task.js';
import { isPageAligned } from '../../model/page.js';
import { bigintIn, numberIn } from './fields.js';
import { decodePayload, isLengthOf } from './payload.js';
import { CKPT_HDR } from '../tables/record.js';
import { fits } from './recognise.js';
import { EndedByWriter, type Header, type RecordReader, type Step } from './record-reader.js';
import { nameOfType, type CkptRevision } from '../tables/revision.js';
import type { RecordName } from '../tables/names.js';
import type { Shape } from '../tables/tail.js';
import type { WalkContext } from './walk-context.js';

/** Where reading can go on: the name of a record, or `OBJREF ` and what it announces; `end` behind the source. */
export type Anchor = string;

/** Reading goes on at a record that only an outer production has a place for. */
export class Resumption extends Error {
  readonly anchor: Anchor;

  constructor(anchor: Anchor) {
    super(`reading goes on at ${anchor}`);
    this.anchor = anchor;
  }
}

/** A part of the grammar, and the records at which it can be taken up. */
export interface Stage {
  readonly anchors: readonly Anchor[];
  readonly walk: (anchor: Anchor | undefined) => Iterable<Step>;
}

/** Records that stand at the start of something, in any part of the grammar. */
const ANCHORS: ReadonlySet<Anchor> = new Set([
  ...['HEADER_ARCH', 'CONTAINER', 'PIDS', 'TREE', 'TASK', 'TASK_CREDS', 'TASK_NS', 'MM', 'VMA', 'MM_CONTEXT'],
  ...['TASK_OBJS', 'SIGNAL', 'SIGPENDING', 'THREAD', 'RESTART_BLOCK', 'CPU', 'TAIL'],
  ...['FILE_TABLE', 'MM', 'FS', 'SIGHAND', 'SEM_UNDO', 'NS'].map((object) => `OBJREF ${object}`),
]);

/** How far a record of an unknown type may reach to be taken for one. */
const MAX_STRANGE_BYTES = 64 * 1024;
/** Less than stands between a section of one task and that of the next: what is found so near is of the same. */
const MAX_NEAR_BYTES = 256;
const SCAN_BYTES = 64 * 1024;
/** Most that a record needs to be looked at. */
const LOOK_BYTES = 256;

/**
 * Walks parts of the grammar one after the other. Where one of them fails and faults are collected, goes on at the next
 * record that one of the rest begins with.
 *
 * @param start   where to begin; undefined at the first one
 * @param isLast  whether no further sequence of these parts can follow this one
 * @throws {Resumption} where reading can only go on outside
 */
export function* walkStages(
  reader: RecordReader,
  context: WalkContext,
  stages: readonly Stage[],
  start?: Anchor,
  isLast: () => boolean = () => false,
): Generator<Step, void> {
  const { cursor } = reader;
  let anchor = start;
  let i = anchor === undefined ? 0 : stageOf(stages, anchor, 0);
  // behind the last part of which anything was there: what seemed to be left out may be what is damaged
  let firstAbsent = i;
  while (i < stages.length) {
    const begin = cursor.position;
    try {
      yield* stages[i]?.walk(anchor) ?? [];
      anchor = undefined;
      i++;
      if (cursor.position > begin) firstAbsent = i;
    } catch (error) {
      if (cursor.position > begin) firstAbsent = i;
      const fault = cursor.position;
      anchor = yield* recover(reader, context, error);
      const isNear = cursor.position - fault <= MAX_NEAR_BYTES;
      i = stageOf(stages, anchor, isNear || isLast() ? firstAbsent : i);
      firstAbsent = i;
    }
  }
}

function stageOf(stages: readonly Stage[], anchor: Anchor, from: number): number {
  const found = stages.findIndex(({ anchors }, i) => i >= from && anchors.includes(anchor));
  if (found < 0) throw new Resumption(anchor);
  return found;
}

/**
 * Reports what went wrong and moves to the next record at which reading can go on.
 *
 * @param further  records at which the caller can go on too
 * @throws the error itself, unless it is a fault and faults are collected
 */
export function* recover(
  reader: RecordReader,
  context: WalkContext,
  error: unknown,
  further: readonly Anchor[] = [],
): Generator<Step, Anchor> {
  if (error instanceof Resumption) return error.anchor;
  if (!(error instanceof FormatError) || error.code === 'OVER_BUDGET') throw error;
  reader.fault(error);
  const { cursor } = reader;
  const offset = cursor.position;
  const anchor = yield* findAnchor(reader, context, further);
  const length = cursor.position - offset;
  if (length > 0) yield { kind: 'lost', name: 'raw:lost', offset, length, path: error.path ?? '' };
  return anchor;
}

function* findAnchor(
  reader: RecordReader,
  context: WalkContext,
  further: readonly Anchor[],
): Generator<Promise<void>, Anchor> {
  const { cursor } = reader;
  for (;;) {
    const header = yield* reader.peek();
    if (!header) {
      if (cursor.source.isSeekable) cursor.advance(Math.max(0, cursor.source.size - cursor.position));
      return 'end';
    }
    const anchor = yield* anchorHere(reader, context, header, further);
    if (anchor !== undefined && cursor.position > context.lastAnchorOffset) {
      context.lastAnchorOffset = cursor.position;
      return anchor;
    }
    if (yield* isSkippable(reader, header)) cursor.advance(header.len);
    else yield* scan(reader, context);
  }
}

/** What the record that comes next is good for; undefined if for nothing. */
function* anchorHere(
  reader: RecordReader,
  context: WalkContext,
  header: Header,
  further: readonly Anchor[],
): Generator<Promise<void>, Anchor | undefined> {
  const name = nameOfType(reader.revision, header.type);
  if (name === undefined || !fits(reader.revision, name, header)) return undefined;
  if (name === 'ERROR' && (yield* reader.peek(header.len))?.type === reader.revision.types.STRING)
    throw new EndedByWriter();
  if (name === 'OBJREF' && !(yield* reader.has(header.len))) return undefined;
  const anchor = name === 'OBJREF' ? `OBJREF ${(yield* reader.peekObject()) ?? ''}` : name;
  if (!ANCHORS.has(anchor) && !further.includes(anchor)) return undefined;
  if (name === 'VMA' && !(yield* isPlausibleVma(reader, context, header.len))) return undefined;
  if (name === 'TASK' && !(yield* isPlausibleTask(reader, header.len))) return undefined;
  return anchor;
}

function* isPlausibleVma(
  reader: RecordReader,
  { lastVmaEnd, wordBytes }: WalkContext,
  len: number,
): Generator<Promise<void>, boolean> {
  if (!(yield* reader.has(len))) return false;
  const payload = reader.cursor.view(len).subarray(CKPT_HDR.size);
  const vma = decodePayload(reader.revision, 'VMA', payload, reader.at(''), undefined);
  if (!vma) return false;
  const [start, end] = [bigintIn(vma.fields, 'vm_start'), bigintIn(vma.fields, 'vm_end')];
  const isRange = isPageAligned(start) && isPageAligned(end) && start < end && start >= (lastVmaEnd ?? 0n);
  const isKnown = numberIn(vma.fields, 'vma_type') <= MAX_VMA_TYPE;
  return isRange && isKnown && (wordBytes === 8 || end <= 1n << 32n);
}

const MAX_VMA_TYPE = 10;

function* isPlausibleTask(reader: RecordReader, len: number): Generator<Promise<void>, boolean> {
  const next = yield* reader.peek(len);
  return next?.type === reader.revision.types.STRING && next?.len === CKPT_HDR.size + TASK_COMM_BYTES;
}

/** Whether the record that comes next looks like one, so that another follows behind it. */
function* isSkippable(reader: RecordReader, header: Header): Generator<Promise<void>, boolean> {
  const { cursor, revision } = reader;
  const { len, type } = header;
  const name = nameOfType(revision, type);
  const isKnown = name !== undefined && fits(revision, name, header);
  if (len < CKPT_HDR.size || cursor.position + len > cursor.source.size) return false;
  if (!isKnown && len > MAX_STRANGE_BYTES) return false;
  const next = yield* reader.peekFar(len);
  const nameOfNext = next && nameOfType(revision, next.type);
  if (next && (nameOfNext === undefined || !fits(revision, nameOfNext, next))) return false;
  return next !== undefined || isKnown;
}

/** Moves on, byte by byte, to what may be a record, or to the end. */
function* scan(reader: RecordReader, context: WalkContext): Generator<Promise<void>, void> {
  const { cursor } = reader;
  cursor.advance(1);
  while (yield* reader.has(CKPT_HDR.size)) {
    yield* reader.has(SCAN_BYTES);
    const bytes = cursor.view(Math.min(cursor.buffered, SCAN_BYTES));
    const found = headerIn(reader, bytes);
    if (found === undefined) {
      cursor.advance(bytes.length - CKPT_HDR.size + 1);
      continue;
    }
    cursor.advance(found);
    yield* reader.has(LOOK_BYTES);
    const header = yield* reader.peek();
    if (header && (yield* anchorHere(reader, context, header, [])) !== undefined) return;
    if (header && (yield* isSkippable(reader, header))) return;
    cursor.advance(1);
  }
}

/** Where in `bytes` the first header of a record is whose length its type prescribes; undefined if there is none. */
function headerIn({ revision }: RecordReader, bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const shapes = shapesByType(revision);
  for (let i = 0; i + CKPT_HDR.size <= bytes.length; i++) {
    const type = view.getUint32(i, true);
    // most of what is looked at are pages: this decides for nearly all of it
    const shape = type < shapes.length ? shapes[type] : undefined;
    if (shape && isLengthOf(shape, view.getUint32(i + LEN_OFFSET, true) - CKPT_HDR.size)) return i;
  }
  return undefined;
}

const LEN_OFFSET = fieldOf(CKPT_HDR, 'len').offset;

const byRevision = new WeakMap<CkptRevision, readonly (Shape | undefined)[]>();

/** The shapes of records of a prescribed length, at the index of their type. */
function shapesByType(revision: CkptRevision): readonly (Shape | undefined)[] {
  const known = byRevision.get(revision);
  if (known) return known;
  const shapes: (Shape | undefined)[] = [];
  for (const [name, shape] of Object.entries(revision.shapes)) {
    // a key of the table
    const type = revision.types[name as RecordName];
    if (type !== undefined && shape.tail.kind === 'none' && !isLengthOf(shape, 0)) shapes[type] = shape;
  }
  byRevision.set(revision, shapes);
  return shapes;
}

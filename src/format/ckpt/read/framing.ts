import { walkTrailing } from '../../linux-cr/trailing.js';
import { Cursor, truncated } from '../../bytes/cursor.js';
import type { ByteSource } from '../../bytes/source.js';
import { FormatError } from '../../errors.js';
import { fieldOf } from '../../layout/layout.js';
import { HEAD_MAGIC } from '../../linux-cr/magic.js';
import { HEADER_V16, HEADER_V17 } from '../tables/header.js';
import { PIDS } from '../tables/tree.js';
import type { FramedItem } from './item.js';
import { CKPT_HDR } from '../tables/record.js';
import type { Step } from './record-reader.js';
import { REVISIONS, nameOfType, type CkptRevision } from '../tables/revision.js';

const LEN = fieldOf(CKPT_HDR, 'len').offset;
const MAGIC = CKPT_HDR.size + fieldOf(HEADER_V17, 'magic').offset;
const REV = CKPT_HDR.size + fieldOf(HEADER_V17, 'rev').offset;
const ARCH = CKPT_HDR.size + fieldOf(HEADER_V17, 'arch_id').offset;
/** As much of HEADER as all revisions share. */
export const HEAD_BYTES = REV + 2;

interface HeadFacts {
  readonly isLittle: boolean;
  readonly archId: number;
  /** Whose numbers the records have: of those with this `rev`, the newest. */
  readonly revision: CkptRevision;
}

/** What the start of a stream says in either byte order; undefined where its magic is in neither. */
export function headFacts(head: Uint8Array): HeadFacts | undefined {
  // what a stream has not that ends here already is zero
  const whole = new Uint8Array(HEAD_BYTES);
  whole.set(head.subarray(0, HEAD_BYTES));
  const view = new DataView(whole.buffer);
  const isLittle = view.getBigUint64(MAGIC, true) === HEAD_MAGIC;
  if (!isLittle && view.getBigUint64(MAGIC, false) !== HEAD_MAGIC) return undefined;
  const revision = revisionOf(view.getUint16(REV, isLittle), view.getUint32(LEN, isLittle));
  return { isLittle, archId: view.getUint16(ARCH, isLittle), revision };
}

/** Reads of every record no more than its header; of either byte order. Source: spec/cr-stream.md 2.1, 7.1. */
export function* walkFrames(source: ByteSource, start: number): Generator<Step, void> {
  const cursor = new Cursor(source);
  const head = yield* view(cursor, HEAD_BYTES, 'head');
  const facts = headFacts(new Uint8Array(head.buffer, head.byteOffset, head.byteLength));
  if (!facts) throw new FormatError('BAD_MAGIC', { at: { offset: MAGIC, path: 'head' }, what: 'HEADER.magic' });
  const { isLittle } = facts;
  let { revision } = facts;
  cursor.advance(start);
  for (let i = 0, type = -1; type !== revision.types.TAIL; i++) {
    const offset = cursor.position;
    const path = `record[${String(i)}]`;
    if (!(yield* has(cursor, 1)) && type !== -1) throw truncated(source, 'the image', path);
    const header = yield* view(cursor, CKPT_HDR.size, path);
    type = header.getUint32(0, isLittle);
    const length = header.getUint32(LEN, isLittle);
    if (length < CKPT_HDR.size) {
      const at = { offset: offset + LEN, path };
      throw new FormatError('LENGTH_OVERRUN', { at, what: 'record length', expected: '8 or more', actual: length });
    }
    if (offset + length > source.size) throw truncated(source, 'a record', path);
    cursor.advance(length);
    revision = revisionWith(revision, type, length);
    const name = nameOfType(revision, type) ?? (`type ${type}` as const);
    const item: FramedItem = { kind: 'framed', type, name, offset, length, path };
    yield item;
  }
  yield* walkTrailing(cursor, 'the end', () => undefined);
}

function* has(cursor: Cursor, bytes: number): Generator<Promise<void>, boolean> {
  const pending = cursor.has(bytes) ? undefined : cursor.fill(bytes);
  if (pending) yield pending;
  return cursor.has(bytes);
}

function* view(cursor: Cursor, bytes: number, path: string): Generator<Promise<void>, DataView> {
  if (!(yield* has(cursor, bytes))) throw truncated(cursor.source, 'a record header', path);
  const part = cursor.view(bytes);
  return new DataView(part.buffer, part.byteOffset, part.length);
}

function revisionOf(rev: number, len: number): CkptRevision {
  const isOldest = len === CKPT_HDR.size + HEADER_V16.size;
  const [oldest] = REVISIONS;
  const newest = REVISIONS.filter(({ headRevs }) => headRevs.includes(rev)).at(-1) ?? REVISIONS.at(-1);
  const revision = isOldest ? oldest : newest;
  if (!revision) throw new RangeError('there are no revisions');
  return revision;
}

/** The same, unless what may be PIDS tells that its revision has other numbers. Source: spec/cr-stream.md 9.1. */
function revisionWith(revision: CkptRevision, type: number, length: number): CkptRevision {
  if (type !== revision.types.PIDS || length === CKPT_HDR.size + PIDS.size) return revision;
  const [rev] = revision.headRevs;
  const others = REVISIONS.filter(({ headRevs, types }) => headRevs.includes(rev) && types.PIDS === undefined);
  return others.at(-1) ?? revision;
}

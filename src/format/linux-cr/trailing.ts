import type { Cursor } from '../bytes/cursor.js';
import { INDEX_HEAD, INDEX_TAIL, beginsIndex, indexTailOf } from '../image-index/frame.js';
import type { Note } from '../model/image.js';

/** What follows the end of a stream: an index of ours, or bytes that nobody knows. */
export interface TrailingItem {
  readonly kind: 'trailing';
  readonly name: 'raw:trailing' | 'raw:index';
  readonly offset: number;
  readonly length: number;
  readonly path: string;
}

/** Whether an index that has begun is whole; of a pipe nobody can tell before its end. */
function* endsAsIndex(cursor: Cursor): Generator<Promise<void>, boolean> {
  const { size, isSeekable } = cursor.source;
  if (!isSeekable) return true;
  const offset = size - INDEX_TAIL.size;
  cursor.advance(Math.max(0, offset - cursor.position));
  return (yield* cursor.reach(INDEX_TAIL.size)) && indexTailOf(cursor.view(INDEX_TAIL.size), offset) !== undefined;
}

/** Goes over all that follows `end`, which is how a note calls it. */
export function* walkTrailing(
  cursor: Cursor,
  end: string,
  addNote: (note: Note) => void,
): Generator<Promise<void> | TrailingItem, void> {
  const offset = cursor.position;
  const isBegun = (yield* cursor.reach(INDEX_HEAD.size)) && beginsIndex(cursor.view(INDEX_HEAD.size));
  const isIndex = isBegun && (yield* endsAsIndex(cursor));
  if (cursor.source.isSeekable) cursor.advance(cursor.source.size - cursor.position);
  // a pipe is read to its end, so that who writes it is not cut off
  else while (yield* cursor.reach(1)) cursor.advance(cursor.buffered);
  const length = cursor.position - offset;
  if (length === 0) return;
  const path = isIndex ? 'index' : 'trailing';
  if (!isIndex)
    addNote({ code: 'TRAILING_BYTES', message: `${String(length)} bytes behind ${end}`, at: { offset, path } });
  yield { kind: 'trailing', name: isIndex ? 'raw:index' : 'raw:trailing', offset, length, path };
}

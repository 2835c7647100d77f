import type { Cursor } from '../bytes/cursor.js';
import { FormatError, type At } from '../errors.js';
import { PAGE_BYTES } from '../model/page.js';
import type { PageReader, ReaderMark } from './address-array.js';

const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
/** Where something is wrong is said by the grammar, which reads it once more. */
const NOT_TOLD: At = { offset: 0, path: '' };

/** How kernels write a chunk of pages: what stands before its array is the same for all but for the counts. */
export interface ChunkHead {
  /** Bytes in front of the array. */
  readonly bytes: number;
  /** Most pages that a chunk has. */
  readonly limit: number;
  /** Whether these words may begin a chunk, also the empty one that ends the list. */
  readonly isHead: (words: Int32Array) => boolean;
  /** Pages of the chunk that begins so, behind one whose header says `previous`; 0 if it is not a plain one. */
  readonly countIn: (words: Int32Array, previous: number) => number;
}

/** Chunks that may be skimmed. */
export interface Skim {
  readonly head: ChunkHead;
  readonly wordBytes: 4 | 8;
  /** Takes the arrays. */
  readonly pages: PageReader;
  /** Pages that the mapping has. */
  readonly most: number;
  /** Whether a chunk counts only where another one follows it. */
  readonly isLenient: boolean;
}

/** Where a walk through the chunks of one mapping is. */
export interface ChunkPlace {
  /** Chunks behind us. */
  readonly index: number;
  /** What the header of the last one says. */
  readonly previous: number;
}

/** A chunk that was read, and how to go back before it. */
interface Before {
  readonly place: ChunkPlace;
  readonly position: number;
  readonly mark: ReaderMark;
}

/**
 * Goes over chunks as kernels write them, without a word about each, and stops before the first one that is in any way
 * unusual, or that is not at hand at once. A large image is little else, and a step of the grammar costs more than
 * reading the addresses of a chunk. What is left to the grammar is as it was before.
 */
export function skimChunks(cursor: Cursor, skim: Skim, from: ChunkPlace): ChunkPlace {
  const { head, wordBytes, pages, isLenient } = skim;
  const { source } = cursor;
  // what follows is seen only behind the contents
  if (isLenient && !source.isSeekable) return from;
  let place = from;
  let unproved: Before | undefined;
  for (;;) {
    const words = wordsAtHand(cursor, head.bytes + head.limit * wordBytes);
    const isHead = words !== undefined && head.isHead(words);
    if (unproved && !isHead) return goBack(cursor, pages, unproved);
    const count = isHead ? head.countIn(words, place.previous) : 0;
    const length = head.bytes + count * wordBytes;
    const contents = cursor.position + length;
    const end = contents + count * PAGE_BYTES;
    if (!words || count <= 0 || count > skim.most || end > source.size) return place;
    const before: Before = { place, position: cursor.position, mark: pages.mark() };
    if (!isAdded(pages, words.subarray(head.bytes / WORD_BYTES, length / WORD_BYTES), wordBytes, contents))
      return goBack(cursor, pages, before);
    cursor.advance(end - cursor.position);
    place = { index: place.index + 1, previous: count };
    if (isLenient) unproved = before;
  }
}

/** As many bytes as the longest chunk needs: at the end of an image the last ones may be left to the grammar. */
function wordsAtHand(cursor: Cursor, length: number): Int32Array | undefined {
  const bytes = cursor.position + length <= cursor.source.size ? cursor.atHand(length) : undefined;
  if (!bytes || bytes.byteOffset % WORD_BYTES !== 0) return undefined;
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / WORD_BYTES);
}

function isAdded(pages: PageReader, array: Int32Array, wordBytes: 4 | 8, contents: number): boolean {
  try {
    pages.add(array, wordBytes, contents, NOT_TOLD);
    return true;
  } catch (error) {
    if (!(error instanceof FormatError) || error.code === 'OVER_BUDGET') throw error;
    return false;
  }
}

function goBack(cursor: Cursor, pages: PageReader, { place, position, mark }: Before): ChunkPlace {
  cursor.goBack(position);
  pages.undo(mark);
  return place;
}

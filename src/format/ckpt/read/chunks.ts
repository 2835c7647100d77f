import { truncated } from '../../bytes/cursor.js';
import { FormatError } from '../../errors.js';
import { addressAt, wordsOf } from '../../linux-cr/address-array.js';
import { PAGE_BYTES } from '../../model/page.js';
import { bigintIn } from './fields.js';
import { fits } from './recognise.js';
import { skimChunks, type ChunkPlace } from '../../linux-cr/chunk-skim.js';
import { skimOf, type ChunkTarget } from './chunk-skim.js';
import { PGARR } from '../tables/mm.js';
import { CKPT_HDR } from '../tables/record.js';
import { nameOfType } from '../tables/revision.js';
import type { RecordReader, Step } from './record-reader.js';
import type { WalkContext } from './walk-context.js';

const MAX_LEN = 2 ** 32 - 1;

/** `contents = { PGARR(n>0) , BUFFER } , PGARR(0)`. Source: spec/cr-stream.md 8.9, 10. */
export function* walkChunks(
  reader: RecordReader,
  path: string,
  target: ChunkTarget,
  context: WalkContext,
): Generator<Step, void> {
  const skim = skimOf(reader, target, context);
  let place: ChunkPlace = { index: 0, previous: 0 };
  for (;;) {
    if (skim) place = skimChunks(reader.cursor, skim, place);
    const at = `${path}.pgarr[${String(place.index)}]`;
    const head = yield* reader.record('PGARR', at);
    const nrPages = bigintIn(head.fields, 'nr_pages');
    const mostInRecord = Math.floor((MAX_LEN - CKPT_HDR.size) / (context.wordBytes + PAGE_BYTES));
    const most = Math.min(target.pages, mostInRecord);
    const counted = reader.faults.isLenient ? yield* countByLength(reader, context) : undefined;
    const isWrong = counted !== undefined && counted <= most && BigInt(counted) !== nrPages;
    if (nrPages > BigInt(most) || isWrong) {
      const expected = isWrong ? counted : `at most ${String(most)} pages`;
      const fault = reader.badField(head, 'nr_pages', expected, nrPages, 'LENGTH_OVERRUN');
      if (!isWrong) throw fault;
      reader.fault(fault);
    }
    const count = isWrong ? counted : Number(nrPages);
    if (count === 0) return;
    yield* walkPages(reader, `${at}.pages`, count, target, context);
    place = { index: place.index + 1, previous: count };
  }
}

/** What stands behind a PGARR: pages, another mapping, or the end of them. */
const FOLLOWERS = ['BUFFER', 'VMA', 'MM_CONTEXT'] as const;

/** The BUFFER of a chunk: its addresses are read, its pages are not. */
function* walkPages(
  reader: RecordReader,
  path: string,
  count: number,
  { addresses, isIndexed }: ChunkTarget,
  context: WalkContext,
): Generator<Step, void> {
  const { cursor } = reader;
  const { block, wordBytes } = context;
  const offset = cursor.position;
  const arrayBytes = count * wordBytes;
  const length = CKPT_HDR.size + arrayBytes + count * PAGE_BYTES;
  const isProved = !reader.faults.isLenient || (yield* isProvedChunk(reader, length));
  const type = yield* readPagesHeader(reader, path, length);
  const pagesOffset = cursor.position + arrayBytes;
  if (offset + length > cursor.source.size) reader.fault(truncated(cursor.source, 'the page contents', path));
  let [first, last] = [0n, 0n];
  let isBroken = !isProved;
  for (let done = 0; done < arrayBytes;) {
    const bytes = Math.min(block.byteLength, arrayBytes - done);
    const words = wordsOf(yield* reader.need(bytes, 'the address array', path), block);
    const contents = pagesOffset + (done / wordBytes) * PAGE_BYTES;
    isBroken ||= !addAll(reader, () => {
      addresses.add(words, wordBytes, contents, reader.at(path));
    });
    if (done === 0) first = addressAt(words, 0, wordBytes);
    last = addressAt(words, words.length - wordBytes / 4, wordBytes);
    cursor.advance(bytes);
    done += bytes;
  }
  reader.skip(count * PAGE_BYTES, 'the page contents', path);
  yield { kind: 'pages', name: 'BUFFER', type, offset, length, path, count, first, last, isIndexed };
}

/** Whether nothing was wrong: else the rest of the chunk's pages has no place that could be proved. */
function addAll(reader: RecordReader, add: () => void): boolean {
  try {
    add();
    return true;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    reader.fault(error);
    return false;
  }
}

function* readPagesHeader(reader: RecordReader, path: string, length: number): Generator<Promise<void>, number> {
  const { type, len } = yield* reader.expect('BUFFER', path);
  if (len !== length) {
    const fault = reader.badLength('BUFFER', length, len, path);
    // where the chunks go on behind so many pages, only the length is wrong
    if (!reader.faults.isLenient || !(yield* isChunkAt(reader, length))) throw fault;
    reader.fault(fault);
  }
  reader.cursor.advance(CKPT_HDR.size);
  return type;
}

/** How many pages the BUFFER that comes next has by its length, if another chunk follows it. */
function* countByLength(
  reader: RecordReader,
  { wordBytes }: WalkContext,
): Generator<Promise<void>, number | undefined> {
  const header = yield* reader.peek();
  if (!header || header.type !== reader.revision.types.BUFFER) return undefined;
  const count = (header.len - CKPT_HDR.size) / (wordBytes + PAGE_BYTES);
  const isWhole = count > 0 && Number.isInteger(count);
  return isWhole && (yield* isChunkAt(reader, header.len)) ? count : undefined;
}

/**
 * Whether the pages of a chunk are where its count says: the image ends before their end, or a record that follows them
 * has a header there with at most one wrong field, or stands behind a header of which nothing is right.
 */
function* isProvedChunk(reader: RecordReader, distance: number): Generator<Promise<void>, boolean> {
  const { position, source } = reader.cursor;
  if (position + distance + CKPT_HDR.size > source.size) return true;
  const header = yield* reader.peekFar(distance);
  const pgarrBytes = CKPT_HDR.size + PGARR.size;
  if (!header || header.type === reader.revision.types.PGARR) return true;
  const name = nameOfType(reader.revision, header.type);
  // a record that is right, but not one that belongs here: PGARR is missing, or as many bytes of the pages
  const isAnother = name !== undefined && fits(reader.revision, name, header);
  if (header.len === pgarrBytes && !isAnother) return true;
  const behind = yield* reader.peekFar(distance + pgarrBytes);
  return behind === undefined || FOLLOWERS.some((name) => fits(reader.revision, name, behind));
}

function* isChunkAt(reader: RecordReader, distance: number): Generator<Promise<void>, boolean> {
  const header = yield* reader.peekFar(distance);
  return header !== undefined && fits(reader.revision, 'PGARR', header);
}

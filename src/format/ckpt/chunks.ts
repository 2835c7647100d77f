import { truncated } from '../bytes/cursor.js';
import { FormatError } from '../errors.js';
import type { AddressReader, IndexReader } from '../linux-cr/address-array.js';
import { addressAt, wordsOf } from '../linux-cr/address-array.js';
import { PAGE_BYTES } from '../model/page.js';
import { bigintIn } from './fields.js';
import { CKPT_HDR } from './record.js';
import type { RecordReader, Step } from './record-reader.js';
import type { WalkContext } from './walk-context.js';

/** Where the pages of a section belong. */
export interface ChunkTarget {
  readonly addresses: AddressReader | IndexReader;
  /** Most pages that there can be. */
  readonly pages: number;
  readonly isIndexed: boolean;
}

const MAX_LEN = 2 ** 32 - 1;

/** `contents = { PGARR(n>0) , BUFFER } , PGARR(0)`. Source: spec/cr-stream.md 8.9, 10. */
export function* walkChunks(
  reader: RecordReader,
  path: string,
  target: ChunkTarget,
  context: WalkContext,
): Generator<Step, void> {
  for (let i = 0; ; i++) {
    const at = `${path}.pgarr[${String(i)}]`;
    const head = yield* reader.record('PGARR', at);
    const nrPages = bigintIn(head.fields, 'nr_pages');
    if (nrPages === 0n) return;
    const mostInRecord = Math.floor((MAX_LEN - CKPT_HDR.size) / (context.wordBytes + PAGE_BYTES));
    const most = Math.min(target.pages, mostInRecord);
    if (nrPages > BigInt(most))
      throw reader.badField(head, 'nr_pages', `at most ${String(most)} pages`, nrPages, 'LENGTH_OVERRUN');
    yield* walkPages(reader, `${at}.pages`, Number(nrPages), target, context);
  }
}

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
  const type = yield* readPagesHeader(reader, path, length);
  const pagesOffset = cursor.position + arrayBytes;
  if (offset + length > cursor.source.size) reader.fault(truncated(cursor.source, 'the page contents', path));
  let [first, last] = [0n, 0n];
  let isBroken = false;
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
  if (len !== length) throw reader.badLength('BUFFER', length, len, path);
  reader.cursor.advance(CKPT_HDR.size);
  return type;
}

import { PAGE_BYTES, isPageAligned, vaddrOf } from '../../model/page.js';
import { addressAt, type VpnRange } from '../../linux-cr/address-array.js';
import { chunkPages } from '../tables/pgarr.js';
import type { RecordReader } from './record-reader.js';
import type { WalkContext } from './walk-context.js';

/** Most that is looked ahead in a pipe, which cannot be read twice. */
const PIPE_PEEK_BYTES = 1024 * 1024;

interface ChunkHeader {
  /** What this header says. */
  readonly count: number;
  /** What the one before it in the same VMA says. */
  readonly previous: number;
  readonly vma: VpnRange;
}

/**
 * How many pages a chunk really has. v5 to v11 do not reset their counter when a chunk is full: from then on a header
 * carries all pages of the VMA so far, while only the new ones follow, or none.
 * Source: spec/cr-stream.md 5.8.
 */
export function* countInChunk(
  reader: RecordReader,
  header: ChunkHeader,
  context: WalkContext,
  path: string,
): Generator<Promise<void>, number> {
  const { count, previous } = header;
  const wordBytes = context.words.bytes ?? 8;
  const limit = chunkPages(wordBytes);
  if (previous < limit || count < previous) return count;
  const added = count - previous;
  const isCumulative =
    added === 0
      ? yield* reader.isNext('PGARR')
      : count > limit && (yield* fitsOnlyAs(reader, added, header, wordBytes));
  if (!isCumulative) return count;
  const message = `the count is of all chunks so far, ${String(added)} pages are here`;
  context.notes.add({ code: 'CUMULATIVE_COUNT', message, at: reader.atField('nr_pages', path) });
  return added;
}

/** Whether the next PGARR stands behind so many pages, and not behind as many as the header says. */
function* fitsOnlyAs(
  reader: RecordReader,
  added: number,
  { count, vma }: ChunkHeader,
  wordBytes: 4 | 8,
): Generator<Promise<void>, boolean> {
  if (!reader.cursor.source.isSeekable) return !(yield* ascendsAt(reader, added, vma, wordBytes));
  const here = reader.cursor.position;
  const pageAndWord = PAGE_BYTES + wordBytes;
  if (yield* reader.isAt('PGARR', here + count * pageAndWord)) return false;
  return yield* reader.isAt('PGARR', here + added * pageAndWord);
}

/** In a pipe: whether word `index` still is an address, and not the contents of a page. */
function* ascendsAt(
  reader: RecordReader,
  index: number,
  vma: VpnRange,
  wordBytes: 4 | 8,
): Generator<Promise<void>, boolean> {
  const bytes = (index + 1) * wordBytes;
  if (bytes > PIPE_PEEK_BYTES) return true;
  const copy = Uint8Array.from(yield* reader.need(bytes, 'the address array', 'pgarr'));
  const words = new Int32Array(copy.buffer);
  const word = addressAt(words, (index * wordBytes) / 4, wordBytes);
  const before = addressAt(words, ((index - 1) * wordBytes) / 4, wordBytes);
  return isPageAligned(word) && word > before && word < vaddrOf(vma.endVpn);
}

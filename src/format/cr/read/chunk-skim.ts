import { encodeLayoutInto } from '../../layout/encode.js';
import { PAGE_BYTES } from '../../model/page.js';
import type { PageReader, VpnRange } from '../../linux-cr/address-array.js';
import { PGARR, chunkPages } from '../tables/pgarr.js';
import type { RecordReader } from './record-reader.js';
import { CR_HDR } from '../tables/record.js';
import type { WalkContext } from './walk-context.js';

const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
const HEADER_WORDS = CR_HDR.size / WORD_BYTES;
/** The header and nr_pages, which is one 64-bit word. */
const CHUNK_BYTES = CR_HDR.size + PGARR.size;

/** The header of a PGARR record as 32-bit words: it is the same before every chunk. */
function headerWords(type: number): Int32Array {
  const words = new Int32Array(HEADER_WORDS);
  encodeLayoutInto(CR_HDR, { type, len: PGARR.size, parent: 0 }, new Uint8Array(words.buffer), 0);
  return words;
}

/** Where a walk through the chunks of one VMA is. */
export interface ChunkPlace {
  /** Chunks behind us. */
  readonly index: number;
  /** What the header of the last one says. */
  readonly previous: number;
}

/**
 * Goes over chunks as kernels write them, without a word about each, and stops before the first one that is in any way
 * unusual, or that is not at hand at once. A large image is little else, and a step of the grammar costs more than
 * reading the addresses of a chunk.
 *
 * @throws {FormatError} what `PageReader.add` throws, `TRUNCATED`
 */
export function skimChunks(
  reader: RecordReader,
  path: string,
  vma: VpnRange,
  addresses: PageReader,
  context: WalkContext,
): ChunkPlace {
  let place: ChunkPlace = { index: 0, previous: 0 };
  const wordBytes = context.words.bytes;
  const type = reader.revision.types.PGARR;
  const isPlain = type !== undefined && reader.revision.layouts.PGARR === undefined;
  if (context.isListing || reader.isLenient || wordBytes === undefined || !isPlain) return place;
  const header = headerWords(type);
  const limit = chunkPages(wordBytes);
  for (;;) {
    // as much as the longest chunk: a VMA at the end of the image may be left to the grammar
    const bytes = reader.atHand(CHUNK_BYTES + limit * wordBytes);
    if (!bytes || bytes.byteOffset % WORD_BYTES !== 0) return place;
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / WORD_BYTES);
    const count = regularCount(words, header, place.previous, limit);
    if (count <= 0 || count > vma.endVpn - vma.startVpn) return place;
    const length = CHUNK_BYTES + count * wordBytes;
    const at = reader.at(`${path}.pgarr[${String(place.index)}]`, CHUNK_BYTES);
    const array = words.subarray(CHUNK_BYTES / WORD_BYTES, length / WORD_BYTES);
    addresses.add(array, wordBytes, reader.cursor.position + length, at);
    reader.cursor.advance(length);
    reader.skip(count * PAGE_BYTES, 'the page contents', at.path);
    place = { index: place.index + 1, previous: count };
  }
}

/** The pages of the chunk that begins with `words`; 0 if it is not a plain one. */
function regularCount(words: Int32Array, header: Int32Array, previous: number, limit: number): number {
  const isHeader = (at: number): boolean => words[at] === header[0] && words[at + 1] === header[1];
  const count = words[HEADER_WORDS] ?? 0;
  if (!isHeader(0) || words[HEADER_WORDS + 1] !== 0 || count > limit) return 0;
  // a header right behind a count that was there before: counts that add up
  const hasNoPages = previous > 0 && count >= previous && isHeader(CHUNK_BYTES / WORD_BYTES);
  return hasNoPages ? 0 : count;
}

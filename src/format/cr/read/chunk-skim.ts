import { encodeLayoutInto } from '../../layout/encode.js';
import type { PageReader, VpnRange } from '../../linux-cr/address-array.js';
import type { ChunkHead, Skim } from '../../linux-cr/chunk-skim.js';
import { PGARR, chunkPages } from '../tables/pgarr.js';
import type { RecordReader } from './record-reader.js';
import { CR_HDR } from '../tables/record.js';
import type { WalkContext } from './walk-context.js';

const HEADER_WORDS = CR_HDR.size / Int32Array.BYTES_PER_ELEMENT;
/** The header and nr_pages, which is one 64-bit word. */
const CHUNK_BYTES = CR_HDR.size + PGARR.size;
const CHUNK_WORDS = CHUNK_BYTES / Int32Array.BYTES_PER_ELEMENT;

/** The header of a PGARR record as 32-bit words: it is the same before every chunk. */
function headerWords(type: number): Int32Array {
  const words = new Int32Array(HEADER_WORDS);
  encodeLayoutInto(CR_HDR, { type, len: PGARR.size, parent: 0 }, new Uint8Array(words.buffer), 0);
  return words;
}

function headOf(type: number, limit: number): ChunkHead {
  const header = headerWords(type);
  const isHeader = (words: Int32Array, at: number): boolean => words[at] === header[0] && words[at + 1] === header[1];
  return {
    bytes: CHUNK_BYTES,
    limit,
    isHead: (words) => isHeader(words, 0),
    countIn: (words, previous) => {
      const count = words[HEADER_WORDS] ?? 0;
      if (words[HEADER_WORDS + 1] !== 0 || count > limit) return 0;
      // a header right behind a count that was there before: counts that add up
      const hasNoPages = previous > 0 && count >= previous && isHeader(words, CHUNK_WORDS);
      return hasNoPages ? 0 : count;
    },
  };
}

/** How chunks of a mapping can be skimmed; undefined where all items are wanted, or too little is known. */
export function skimOf(
  reader: RecordReader,
  vma: VpnRange,
  pages: PageReader,
  { isListing, words }: WalkContext,
): Skim | undefined {
  const { isLenient, revision } = reader;
  const wordBytes = words.bytes;
  const type = revision.types.PGARR;
  const isPlain = type !== undefined && revision.layouts.PGARR === undefined;
  if (isListing || wordBytes === undefined || !isPlain) return undefined;
  return { head: headOf(type, chunkPages(wordBytes)), wordBytes, pages, most: vma.endVpn - vma.startVpn, isLenient };
}

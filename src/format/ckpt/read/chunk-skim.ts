import { encodeLayoutInto } from '../../layout/encode.js';
import type { PageReader } from '../../linux-cr/address-array.js';
import type { ChunkHead, Skim } from '../../linux-cr/chunk-skim.js';
import { PAGE_BYTES } from '../../model/page.js';
import { PGARR } from '../tables/mm.js';
import { CKPT_HDR } from '../tables/record.js';
import type { CkptRevision } from '../tables/revision.js';
import { CHUNK_ARRAY_BYTES } from '../chunk-size.js';
import type { RecordReader } from './record-reader.js';
import type { WalkContext } from './walk-context.js';

/** Where the pages of a section belong. */
export interface ChunkTarget {
  readonly addresses: PageReader;
  /** Most pages that there can be. */
  readonly pages: number;
  readonly isIndexed: boolean;
}

const HEADER_WORDS = CKPT_HDR.size / Int32Array.BYTES_PER_ELEMENT;
/** A PGARR of one 64-bit word, and the header of its BUFFER. */
const CHUNK_BYTES = CKPT_HDR.size + PGARR.size + CKPT_HDR.size;
const BUFFER_AT = (CKPT_HDR.size + PGARR.size) / Int32Array.BYTES_PER_ELEMENT;

/** The header of a PGARR as 32-bit words: it is the same before every chunk. */
function headerWords(type: number): Int32Array {
  const words = new Int32Array(HEADER_WORDS);
  encodeLayoutInto(CKPT_HDR, { type, len: CKPT_HDR.size + PGARR.size }, new Uint8Array(words.buffer), 0);
  return words;
}

function headOf(pgarr: number, buffer: number, wordBytes: 4 | 8): ChunkHead {
  const header = headerWords(pgarr);
  const limit = CHUNK_ARRAY_BYTES / wordBytes;
  return {
    bytes: CHUNK_BYTES,
    limit,
    isHead: (words) => words[0] === header[0] && words[1] === header[1],
    countIn: (words) => {
      const count = words[HEADER_WORDS] ?? 0;
      const isPlain = words[HEADER_WORDS + 1] === 0 && words[BUFFER_AT] === buffer && count <= limit;
      const length = CKPT_HDR.size + count * (wordBytes + PAGE_BYTES);
      return isPlain && words[BUFFER_AT + 1] === length ? count : 0;
    },
  };
}

function hasPlainPgarr({ shapes }: CkptRevision): boolean {
  const { layouts, tail } = shapes.PGARR ?? {};
  return layouts?.length === 1 && layouts[0] === PGARR && tail?.kind === 'none';
}

/** How chunks can be skimmed; undefined where all items are wanted, or chunks are not what they usually are. */
export function skimOf(
  { revision, faults }: RecordReader,
  { addresses, pages }: ChunkTarget,
  { isListing, wordBytes }: WalkContext,
): Skim | undefined {
  const { PGARR: pgarr, BUFFER: buffer } = revision.types;
  if (isListing || pgarr === undefined || buffer === undefined || !hasPlainPgarr(revision)) return undefined;
  const head = headOf(pgarr, buffer, wordBytes);
  return { head, wordBytes, pages: addresses, most: pages, isLenient: faults.isLenient };
}

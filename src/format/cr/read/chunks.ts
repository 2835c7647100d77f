import { FormatError } from '../../errors.js';
import { PAGE_BYTES } from '../../model/page.js';
import { isProvedChunk } from './chunk-proof.js';
import { skimChunks, type ChunkPlace, type Skim } from '../../linux-cr/chunk-skim.js';
import { skimOf } from './chunk-skim.js';
import { countInChunk } from './cumulative-count.js';
import { addressAt, addressReader, wordsOf, type PageReader, type VpnRange } from '../../linux-cr/address-array.js';
import type { RecordReader, Step } from './record-reader.js';
import type { WalkContext } from './walk-context.js';
import { decideWordSize } from './word-size.js';

/** Where the pages of a mapping go, and what it spans. */
interface Pages {
  readonly addresses: PageReader;
  readonly vma: VpnRange;
}

/** `{ chunk } , PGARR(0)`, where `chunk = PGARR(n>0) , { vaddr } , { page4096 }`. */
export function* walkChunks(
  reader: RecordReader,
  path: string,
  vma: VpnRange,
  context: WalkContext,
): Generator<Step, void> {
  const addresses = addressReader(vma, context.runs);
  let place: ChunkPlace = { index: 0, previous: 0 };
  let skim: Skim | undefined;
  for (;;) {
    // the size of a word may be known only behind the first chunk
    skim ??= skimOf(reader, vma, addresses, context);
    if (skim) place = skimChunks(reader.cursor, skim, place);
    const at = `${path}.pgarr[${String(place.index)}]`;
    const { nr_pages } = yield* reader.struct('PGARR', at, 0);
    if (nr_pages === 0n) return;
    const most = vma.endVpn - vma.startVpn;
    if (nr_pages > BigInt(most)) {
      const facts = { at: reader.atField('nr_pages', at), what: 'PGARR.nr_pages' };
      throw new FormatError('LENGTH_OVERRUN', {
        ...facts,
        expected: `at most ${String(most)} pages`,
        actual: nr_pages,
      });
    }
    const count = Number(nr_pages);
    context.words.bytes ??= yield* decideWordSize(reader, count, vma, context);
    const real = yield* countInChunk(reader, { count, previous: place.previous, vma }, context, at);
    if (real > 0) yield* walkChunk(reader, at, real, { addresses, vma }, context);
    place = { index: place.index + 1, previous: count };
  }
}

/** `{ vaddr } , { page4096 }`: all `count` pages of a mapping, where chunks are not known yet. */
export function* walkPageList(
  reader: RecordReader,
  path: string,
  vma: VpnRange,
  count: number,
  context: WalkContext,
): Generator<Step, void> {
  if (count === 0) return;
  context.words.bytes ??= yield* decideWordSize(reader, count, vma, context);
  yield* walkChunk(reader, path, count, { addresses: addressReader(vma, context.runs), vma }, context);
}

function* walkChunk(
  reader: RecordReader,
  path: string,
  count: number,
  { addresses, vma }: Pages,
  context: WalkContext,
): Generator<Step, void> {
  const wordBytes = context.words.bytes ?? 8;
  if (reader.isLenient && !(yield* isProvedChunk(reader, count, vma, wordBytes))) throw unproved(reader, path, count);
  const offset = reader.cursor.position;
  const length = count * wordBytes;
  const ends = yield* walkAddresses(reader, path, count, addresses, context);
  yield { kind: 'vaddrs', name: 'raw:vaddrs', offset, length, path, count, ...ends };
  skipPages(reader, path, count);
  const pages = { offset: offset + length, length: count * PAGE_BYTES, path, count };
  yield { kind: 'pages', name: 'raw:pages', ...pages };
}

function* walkAddresses(
  reader: RecordReader,
  path: string,
  count: number,
  addresses: PageReader,
  context: WalkContext,
): Generator<Step, { readonly first: bigint; readonly last: bigint }> {
  const wordBytes = context.words.bytes ?? 8;
  const { block } = context;
  const length = count * wordBytes;
  const pagesOffset = reader.cursor.position + length;
  const ends = { first: 0n, last: 0n };
  let isGood = true;
  for (let done = 0; done < length;) {
    const bytes = Math.min(block.byteLength, length - done);
    const words = wordsOf(yield* reader.need(bytes, 'the address array', path), block);
    const contents = pagesOffset + (done / wordBytes) * PAGE_BYTES;
    // behind a bad address nothing of the chunk is sure
    if (isGood) isGood = addAddresses(reader, addresses, words, wordBytes, contents, path);
    if (done === 0) ends.first = addressAt(words, 0, wordBytes);
    ends.last = addressAt(words, words.length - wordBytes / 4, wordBytes);
    reader.cursor.advance(bytes);
    done += bytes;
  }
  return ends;
}

/** Whether all were good. */
function addAddresses(
  reader: RecordReader,
  addresses: PageReader,
  words: Int32Array,
  wordBytes: 4 | 8,
  contents: number,
  path: string,
): boolean {
  try {
    addresses.add(words, wordBytes, contents, reader.at(path));
    return true;
  } catch (error) {
    if (!(error instanceof FormatError) || error.code === 'OVER_BUDGET') throw error;
    reader.fault(error);
    return false;
  }
}

/** Moves over the contents; where they are cut off, to the end, so that what is left of them is not looked through. */
function skipPages(reader: RecordReader, path: string, count: number): void {
  const { cursor } = reader;
  const left = cursor.source.size - cursor.position;
  try {
    reader.skip(count * PAGE_BYTES, 'the page contents', path);
  } finally {
    if (reader.isLenient && left < count * PAGE_BYTES) cursor.advance(left);
  }
}

function unproved(reader: RecordReader, path: string, count: number): FormatError {
  const what = `a chunk of ${String(count)} pages, which neither its addresses nor what follows confirm`;
  return new FormatError('UNEXPECTED_RECORD', { at: reader.at(path), what });
}

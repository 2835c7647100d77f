import { FormatError } from '../errors.js';
import { PAGE_BYTES } from '../model/page.js';
import { skimChunks } from './chunk-skim.js';
import { countInChunk } from './cumulative-count.js';
import { AddressReader, addressAt, wordsOf, type VpnRange } from '../linux-cr/address-array.js';
import type { RecordReader, Step } from './record-reader.js';
import type { WalkContext } from './walk-context.js';
import { decideWordSize } from './word-size.js';

/** `{ chunk } , PGARR(0)`, where `chunk = PGARR(n>0) , { vaddr } , { page4096 }`. */
export function* walkChunks(
  reader: RecordReader,
  path: string,
  vma: VpnRange,
  context: WalkContext,
): Generator<Step, void> {
  const addresses = new AddressReader(vma, context.runs);
  const skimmed = skimChunks(reader, path, vma, addresses, context);
  let { previous } = skimmed;
  for (let i = skimmed.index; ; i++) {
    const at = `${path}.pgarr[${String(i)}]`;
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
    const real = yield* countInChunk(reader, { count, previous, vma }, context, at);
    if (real > 0) yield* walkChunk(reader, at, real, addresses, context);
    previous = count;
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
  yield* walkChunk(reader, path, count, new AddressReader(vma, context.runs), context);
}

function* walkChunk(
  reader: RecordReader,
  path: string,
  count: number,
  addresses: AddressReader,
  context: WalkContext,
): Generator<Step, void> {
  const wordBytes = context.words.bytes ?? 8;
  const { block } = context;
  const offset = reader.cursor.position;
  const length = count * wordBytes;
  const pagesOffset = offset + length;
  let first = 0n;
  let last = 0n;
  for (let done = 0; done < length;) {
    const bytes = Math.min(block.byteLength, length - done);
    const words = wordsOf(yield* reader.need(bytes, 'the address array', path), block);
    addresses.add(words, wordBytes, pagesOffset + (done / wordBytes) * PAGE_BYTES, reader.at(path));
    if (done === 0) first = addressAt(words, 0, wordBytes);
    last = addressAt(words, words.length - wordBytes / 4, wordBytes);
    reader.cursor.advance(bytes);
    done += bytes;
  }
  yield { kind: 'vaddrs', name: 'raw:vaddrs', offset, length, path, count, first, last };
  reader.skip(count * PAGE_BYTES, 'the page contents', path);
  yield { kind: 'pages', name: 'raw:pages', offset: pagesOffset, length: count * PAGE_BYTES, path, count };
}

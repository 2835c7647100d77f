import { addressAt, type VpnRange } from '../linux-cr/address-array.js';
import { PAGE_BYTES, isPageAligned, vaddrOf } from '../model/page.js';
import type { RecordReader } from './record-reader.js';
import type { StructName } from './structs.js';

/** Longest address array that is looked through; kernels write 16 KiB. */
const MAX_ARRAY_BYTES = 512 * 1024;

/** Records that may stand behind a chunk, or behind a list of pages. */
export function followersOf(reader: RecordReader): readonly StructName[] {
  return reader.revision.types.PGARR === undefined ? ['VMA', 'MM_CONTEXT'] : ['PGARR'];
}

/**
 * Whether the count of a chunk is confirmed by something else, so that its pages are where it says: by the record that
 * follows, or by the addresses, when as many ascend inside the mapping and the next word does not.
 */
export function* isProvedChunk(
  reader: RecordReader,
  count: number,
  vma: VpnRange,
  wordBytes: 4 | 8,
): Generator<Promise<void>, boolean> {
  const { source, position } = reader.cursor;
  const end = position + count * (PAGE_BYTES + wordBytes);
  if (source.isSeekable && end <= source.size) {
    for (const follower of followersOf(reader)) if (yield* reader.isAt(follower, end)) return true;
  }
  const arrayBytes = count * wordBytes;
  if (arrayBytes > MAX_ARRAY_BYTES) return !source.isSeekable;
  const isThere = yield* reader.has(arrayBytes + wordBytes);
  if (!isThere && !(yield* reader.has(arrayBytes))) return false;
  const copy = Uint8Array.from(reader.cursor.view(arrayBytes + (isThere ? wordBytes : 0)));
  return countAscending(new Int32Array(copy.buffer), vma, wordBytes) === count;
}

/** How many addresses from the first on are aligned, ascend and lie in the mapping. */
function countAscending(words: Int32Array, { startVpn, endVpn }: VpnRange, wordBytes: 4 | 8): number {
  const step = wordBytes / Int32Array.BYTES_PER_ELEMENT;
  let lowest = vaddrOf(startVpn);
  const end = vaddrOf(endVpn);
  let i = 0;
  for (; i < words.length; i += step) {
    const vaddr = addressAt(words, i, wordBytes);
    if (!isPageAligned(vaddr) || vaddr < lowest || vaddr >= end) break;
    lowest = vaddr + BigInt(PAGE_BYTES);
  }
  return i / step;
}

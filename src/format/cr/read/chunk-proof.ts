import { addressAt, type VpnRange } from '../../linux-cr/address-array.js';
import { PAGE_BYTES, isPageAligned, vaddrOf } from '../../model/page.js';
import { PGARR } from '../tables/pgarr.js';
import { CR_HDR } from '../tables/record.js';
import type { Header, RecordReader } from './record-reader.js';
import { layoutOf } from '../tables/revision.js';
import type { StructName } from '../tables/structs.js';

/** Longest address array that is looked through; kernels write 16 KiB. */
const MAX_ARRAY_BYTES = 512 * 1024;

/** What may stand behind a chunk, and behind a list of pages; `BEHIND_END` behind the last chunk. */
const BEHIND_CHUNK = ['PGARR'] as const;
const BEHIND_END = ['VMA', 'MM_CONTEXT'] as const;

/**
 * Whether the pages of a chunk are where its count says. Either a record that may follow stands behind them; or as many
 * addresses as it says ascend inside the mapping, and behind the pages stands a header with one wrong field, or one
 * that is wrong altogether before the next mapping, or nothing, since the source ends before.
 */
export function* isProvedChunk(
  reader: RecordReader,
  count: number,
  vma: VpnRange,
  wordBytes: 4 | 8,
): Generator<Promise<void>, boolean> {
  const { source, position } = reader.cursor;
  const end = position + count * (PAGE_BYTES + wordBytes);
  const hasChunks = reader.revision.types.PGARR !== undefined;
  const followers = hasChunks ? BEHIND_CHUNK : BEHIND_END;
  const isWhole = source.isSeekable && end <= source.size;
  if (isWhole) {
    for (const follower of followers) if (yield* reader.isAt(follower, end)) return true;
  }
  if (!(yield* hasSoManyAddresses(reader, count, vma, wordBytes))) return false;
  if (!isWhole) return true;
  const header = yield* reader.headerAt(end);
  if (!header) return true;
  if (followers.some((name) => isNearly(reader, name, header))) return true;
  if (!hasChunks) return false;
  for (const name of BEHIND_END) if (yield* reader.isAt(name, end + CR_HDR.size + PGARR.size)) return true;
  return false;
}

/** Whether at most one of type, length and parent is not that of a record; of nothing but zeros two are not. */
function isNearly(reader: RecordReader, name: StructName, { type, len, parent }: Header): boolean {
  const own = BEHIND_END.find((end) => end !== name && type === reader.revision.types[end]);
  // what is right in itself is that record: the one before it is missing, or as many bytes of the pages
  if (own && layoutOf(reader.revision, own, len)) return false;
  const isType = type === reader.revision.types[name];
  const isLength = layoutOf(reader.revision, name, len) !== undefined;
  const isParent = parent === (reader.everyParent ?? 0);
  return Number(isType) + Number(isLength) + Number(isParent) >= 2;
}

/** Whether as many words as the count says are addresses of the mapping, and the next is not. */
function* hasSoManyAddresses(
  reader: RecordReader,
  count: number,
  vma: VpnRange,
  wordBytes: 4 | 8,
): Generator<Promise<void>, boolean> {
  const arrayBytes = count * wordBytes;
  if (arrayBytes > MAX_ARRAY_BYTES) return !reader.cursor.source.isSeekable;
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

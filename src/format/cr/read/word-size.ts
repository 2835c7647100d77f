import { PAGE_BYTES, isPageAligned, vaddrOf } from '../../model/page.js';
import type { VpnRange } from '../../linux-cr/address-array.js';
import type { RecordReader } from './record-reader.js';
import type { WalkContext } from './walk-context.js';

/** What stands behind the pages of a chunk, and behind those of a mapping that has them in one list. */
const BEHIND_CHUNK = ['PGARR'] as const;
const BEHIND_LIST = ['VMA', 'MM_CONTEXT'] as const;

/** Finds the size of a native long at the first chunk of an image that does not tell. Source: spec/cr-stream.md 9.2. */
export function* decideWordSize(
  reader: RecordReader,
  count: number,
  vma: VpnRange,
  context: WalkContext,
): Generator<Promise<void>, 4 | 8> {
  const here = reader.cursor.position;
  const followers = reader.revision.types.PGARR === undefined ? BEHIND_LIST : BEHIND_CHUNK;
  const decide = (wordBytes: 4 | 8, why: string): 4 | 8 => {
    context.decidedBy.push(`${why}: ${String(wordBytes * 8)}-bit`);
    return wordBytes;
  };
  if (reader.cursor.source.isSeekable) {
    for (const wordBytes of [4, 8] as const) {
      const next = here + count * (PAGE_BYTES + wordBytes);
      for (const follower of followers) {
        if (yield* reader.isAt(follower, next)) return decide(wordBytes, `a ${follower} follows the first chunk`);
      }
    }
  }
  if (context.words.sawHighAddress) return decide(8, 'a mapping lies above 4 GiB');
  const bytes = yield* reader.need(8, 'the address array', 'pgarr');
  const first = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  const isInside = first >= vaddrOf(vma.startVpn) && first < vaddrOf(vma.endVpn) && isPageAligned(first);
  return isInside ? decide(8, 'the first address fits as 64 bits') : decide(4, 'nothing says 64-bit');
}

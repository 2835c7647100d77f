import { fill, type ByteSource } from '../bytes/source.js';
import { truncated } from '../bytes/cursor.js';
import type { AddressRun, DocumentItem, DocumentPlace } from '../layout/document.js';
import { hexNumber } from '../layout/unit.js';
import { PAGE_BYTES } from '../model/page.js';

/** Addresses that are read at once, and with that the most runs in one piece of a document. */
const ADDRESSES_PER_PIECE = 4096;

/**
 * An address array as pieces of a document, each of the runs of so many addresses.
 *
 * @param step  what an address is more than its neighbour's; 1 where they are indices
 */
export async function* addressItems(
  source: ByteSource,
  name: string,
  place: DocumentPlace,
  wordBytes: 4 | 8,
  step = PAGE_BYTES,
): AsyncGenerator<DocumentItem> {
  const unusual = step === PAGE_BYTES ? {} : { step };
  const pieceBytes = ADDRESSES_PER_PIECE * wordBytes;
  for (let done = 0; done < place.length; done += pieceBytes) {
    const length = Math.min(pieceBytes, place.length - done);
    const bytes = new Uint8Array(length);
    const offset = place.offset + done;
    if ((await fill(source, offset, bytes)) < length) throw truncated(source, 'the address array', place.path);
    yield {
      place: { offset, length, path: place.path },
      record: { name, runs: runsOf(bytes, wordBytes, step), ...unusual },
    };
  }
}

function runsOf(bytes: Uint8Array, wordBytes: 4 | 8, step: number): AddressRun[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const runs: AddressRun[] = [];
  let first = 0n;
  let pages = 0;
  for (let at = 0; at < bytes.length; at += wordBytes) {
    const vaddr = wordBytes === 8 ? view.getBigUint64(at, true) : BigInt(view.getUint32(at, true));
    if (pages > 0 && vaddr === first + BigInt(pages * step)) {
      pages++;
      continue;
    }
    if (pages > 0) runs.push([hexNumber(first), pages]);
    first = vaddr;
    pages = 1;
  }
  return [...runs, [hexNumber(first), pages]];
}

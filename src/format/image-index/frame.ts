import { decodeLayout } from '../layout/decode.js';
import { encodeLayoutInto } from '../layout/encode.js';
import { u32, u64 } from '../layout/field.js';
import { layout, type RecordOf } from '../layout/layout.js';
import { byteCount, hex, id } from '../layout/unit.js';

/** "critidx>" and "<critidx" in ASCII, read as little endian. */
const HEAD_MAGIC = 0x3e78_6469_7469_7263n;
const TAIL_MAGIC = 0x7864_6974_6972_633cn;

/** The version that is written, and the only one that is read. */
export const INDEX_VERSION = 1;

/** What an index begins with: in a file of its own, or behind the end of a stream, where no kernel reads on. */
export const INDEX_HEAD = layout('index head', [['magic', u64, hex, 'critidx>']]);

/** What an index ends with, so that it is found from the end of a file. */
export const INDEX_TAIL = layout('index tail', [
  ['tables_bytes', u64, byteCount, 'page tables, right behind the head'],
  ['version', u32, id, '1'],
  ['map_bytes', u32, byteCount, 'the msgpack map behind the page tables'],
  ['magic', u64, hex, '<critidx'],
]);

export type IndexTail = RecordOf<typeof INDEX_TAIL>;

export function encodeIndexHead(): Uint8Array {
  const bytes = new Uint8Array(INDEX_HEAD.size);
  encodeLayoutInto(INDEX_HEAD, { magic: HEAD_MAGIC }, bytes, 0);
  return bytes;
}

export function encodeIndexTail(tablesBytes: number, mapBytes: number): Uint8Array {
  const bytes = new Uint8Array(INDEX_TAIL.size);
  const lengths = { tables_bytes: BigInt(tablesBytes), map_bytes: mapBytes };
  encodeLayoutInto(INDEX_TAIL, { ...lengths, version: INDEX_VERSION, magic: TAIL_MAGIC }, bytes, 0);
  return bytes;
}

/** Whether these bytes, of what follows an image, begin an index. */
export function beginsIndex(bytes: Uint8Array): boolean {
  return (
    bytes.length >= INDEX_HEAD.size && decodeLayout(INDEX_HEAD, bytes, { offset: 0, path: '' }).magic === HEAD_MAGIC
  );
}

/** The tail at the end of `bytes`; undefined where something else ends there. `offset` is where it lies in the file. */
export function indexTailOf(bytes: Uint8Array, offset: number): IndexTail | undefined {
  if (bytes.length < INDEX_TAIL.size) return undefined;
  const tail = decodeLayout(INDEX_TAIL, bytes.subarray(bytes.length - INDEX_TAIL.size), { offset, path: 'index.tail' });
  return tail.magic === TAIL_MAGIC ? tail : undefined;
}

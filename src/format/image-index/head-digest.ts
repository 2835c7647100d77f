import { readExactly, type ByteSource } from '../bytes/source.js';
import { loadXxh64 } from '../bytes/xxhash.js';
import { bytesOf } from './columns.js';
import { xxh64Of } from './digest.js';

/** So much of an image tells it from another: the time of taking is in there. */
export const HEAD_BYTES = 4096;

/** xxh64 of the first bytes of an image of `imageBytes`, 8 bytes little endian. */
export async function headDigest(image: ByteSource, imageBytes: number): Promise<Uint8Array> {
  const head = new Uint8Array(Math.min(HEAD_BYTES, imageBytes));
  await readExactly(image, 0, head, 'index');
  return digestOfHead(head);
}

/** The same of the first bytes, as many as there are and count. */
export async function digestOfHead(bytes: Uint8Array): Promise<Uint8Array> {
  await loadXxh64();
  return bytesOf(BigUint64Array.of(xxh64Of(bytes.subarray(0, HEAD_BYTES))));
}

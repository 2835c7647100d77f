import { addToXxh64, startXxh64 } from '../bytes/xxhash.js';

/** xxh64 of some bytes; `loadXxh64` was awaited before. */
export function xxh64Of(bytes: Uint8Array): bigint {
  const hash = startXxh64();
  addToXxh64(hash, bytes, 0, bytes.length);
  return hash.digest();
}

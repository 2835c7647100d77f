import type { XXHash } from 'xxhash-wasm';

/** Bytes hashed at once: they are copied to where the hash reads them, and are still in the cache then. */
const STEP_BYTES = 64 * 1024;

const WORD_BYTES = 8;

/** A hash in progress. */
type Xxh64 = XXHash<bigint>;

let create64: (() => Xxh64) | undefined;

/** Makes `startXxh64` ready; once for each thread, and at once when it is ready already. */
export async function loadXxh64(): Promise<void> {
  if (create64 !== undefined) return;
  const { default: xxhash } = await import('xxhash-wasm');
  const api = await xxhash();
  create64 = () => api.create64();
}

/** Begins a hash with seed 0; `loadXxh64` was awaited before. */
export function startXxh64(): Xxh64 {
  if (create64 === undefined) throw new TypeError('loadXxh64() was not awaited');
  return create64();
}

/** Adds the bytes `[start, end)`. */
export function addToXxh64(hash: Xxh64, bytes: Uint8Array, start: number, end: number): void {
  // words of shared memory are copied twice as fast as bytes of it
  const unaligned = -(bytes.byteOffset + start) & (WORD_BYTES - 1);
  for (let at = start, step = unaligned; at < end; step = STEP_BYTES) {
    const next = Math.min(at + step, end);
    if (next > at) hash.update(bytes.subarray(at, next));
    at = next;
  }
}

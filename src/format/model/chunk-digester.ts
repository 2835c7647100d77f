import { addToXxh64, startXxh64 } from '../bytes/xxhash.js';
import { CHUNK_BYTES, DIGEST_BYTES } from './chunk-digests.js';
import type { ChunkDigests } from './chunk-digests.js';

const FIRST_CAPACITY = 64 * DIGEST_BYTES;

/**
 * Digests a stream while it is written: takes its bytes in order, in pieces of any length, and keeps none of them.
 * `loadXxh64` is awaited before.
 */
export class ChunkDigester {
  readonly #chunkBytes: number;
  #hash = startXxh64();
  /** Bytes in `#hash`. */
  #chunkFilled = 0;
  #streamBytes = 0;
  #values = new Uint8Array(FIRST_CAPACITY);
  #filled = 0;

  constructor(chunkBytes = CHUNK_BYTES) {
    this.#chunkBytes = chunkBytes;
  }

  update(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const end = Math.min(bytes.length, at + this.#chunkBytes - this.#chunkFilled);
      addToXxh64(this.#hash, bytes, at, end);
      this.#chunkFilled += end - at;
      at = end;
      if (this.#chunkFilled === this.#chunkBytes) this.#endChunk();
    }
    this.#streamBytes += bytes.length;
  }

  /** The digests of all that was taken since the last call; a new stream begins. */
  take(): ChunkDigests {
    if (this.#chunkFilled > 0) this.#endChunk();
    const values = this.#values.slice(0, this.#filled);
    const streamBytes = this.#streamBytes;
    this.#filled = 0;
    this.#streamBytes = 0;
    return { chunkBytes: this.#chunkBytes, streamBytes, values };
  }

  #endChunk(): void {
    if (this.#filled === this.#values.length) {
      const values = new Uint8Array(this.#values.length * 2);
      values.set(this.#values);
      this.#values = values;
    }
    new DataView(this.#values.buffer).setBigUint64(this.#filled, this.#hash.digest(), true);
    this.#filled += DIGEST_BYTES;
    this.#hash = startXxh64();
    this.#chunkFilled = 0;
  }
}

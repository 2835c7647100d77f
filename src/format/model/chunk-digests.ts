/** What the bytes of an image were when they were written, chunk by chunk. */
export interface ChunkDigests {
  readonly chunkBytes: number;
  /** How many bytes from the beginning of the file on they speak of: all before an index behind them. */
  readonly streamBytes: number;
  /** XXH64 (seed 0) of each chunk, 8 bytes each, little endian; the last chunk may be shorter. */
  readonly values: Uint8Array;
}

/** Bytes in a chunk, unless there is a reason for another size. */
export const CHUNK_BYTES = 1024 * 1024;

/** What chunks may be: a task reads at least one, and an index holds a digest for each. */
export const CHUNK_LIMITS = { min: 4096, max: 4 * CHUNK_BYTES } as const;

export const DIGEST_BYTES = 8;

export function chunkCount({ chunkBytes, streamBytes }: Pick<ChunkDigests, 'chunkBytes' | 'streamBytes'>): number {
  return Math.ceil(streamBytes / chunkBytes);
}

import { loadXxh64 } from '../format/bytes/xxhash.js';
import { ChunkDigester } from '../format/model/chunk-digester.js';
import type { Kernel } from '../format/bytes/crew.js';

/** Digests one buffer, which begins with a chunk; the result is `values` of `ChunkDigests`. */
export const CHUNK_DIGESTS: Kernel<{ readonly chunkBytes: number }, Uint8Array> = {
  name: 'chunk-digests',
  load: loadXxh64,
  run: ({ chunkBytes }, buffers) => {
    const digester = new ChunkDigester(chunkBytes);
    for (const bytes of buffers) digester.update(bytes);
    return digester.take().values;
  },
};

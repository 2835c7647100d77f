import { MemorySource } from '../format/bytes/memory.js';
import type { ByteSource } from '../format/bytes/source.js';
import { FormatError } from '../format/errors.js';
import { readIndex, type StoredIndex } from '../format/image-index/read-index.js';
import { factsBeside } from '../format/image-index/write-index.js';
import { memoryMapOf } from '../format/model/memory-map.js';
import { readImage } from '../format/registry.js';
import type { FileFacts, IndexedSink } from './indexed-sink.js';

/**
 * Puts the index that a document has behind the image that was encoded from it; where the document was changed, one that fits.
 *
 * @param open  opens what was written, which can be read as an image
 */
export async function writeDocumentIndex(index: Uint8Array, sink: IndexedSink, open: () => ByteSource): Promise<void> {
  const facts = await sink.takeFacts();
  const image = await readImage(open());
  try {
    const stored = await readStored(index, image.contents);
    if (stored && isOf(stored, facts)) await sink.write(index);
    else {
      const chunks = stored && !stored.chunks ? undefined : facts.chunks;
      const { format, spaces } = memoryMapOf(image);
      await sink.writeIndex({ file: facts.file, format, spaces, chunks, ...factsBeside(image) });
    }
  } finally {
    await image.close();
  }
}

/** Whether an index has the digests of these very bytes. */
function isOf({ chunks }: StoredIndex, { chunks: written }: FileFacts): boolean {
  if (!chunks || !written || chunks.streamBytes !== written.streamBytes || chunks.chunkBytes !== written.chunkBytes)
    return false;
  return chunks.values.every((byte, i) => byte === written.values[i]);
}

async function readStored(index: Uint8Array, image: ByteSource): Promise<StoredIndex | undefined> {
  try {
    return await readIndex(new MemorySource(index), { image });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return undefined;
  }
}

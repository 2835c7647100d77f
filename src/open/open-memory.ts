import type { ByteSource } from '../format/bytes/source.js';
import { FormatError } from '../format/errors.js';
import { readIndex, type StoredIndex } from '../format/image-index/read-index.js';
import type { ChunkDigests } from '../format/model/chunk-digests.js';
import type { Image } from '../format/model/image.js';
import { memoryMapOf, type MemoryMap } from '../format/model/memory-map.js';
import type { ReadImageOptions } from '../format/model/read-options.js';

/** Where a memory map came from. */
export type MapOrigin = 'footer' | 'sidecar' | 'walk';

export interface OpenMemoryOptions extends ReadImageOptions {
  /** Opens the index that lies beside the image, if there is one. Default: none is looked for. */
  readonly openSidecar?: (() => ByteSource | undefined) | undefined;
  /** Opens an incremental image together with its ancestors; closes the source. Default: it has the pages that are in it alone. */
  readonly openAncestors?: ((source: ByteSource) => Promise<Image>) | undefined;
}

/** The memory of an image, and how it was found. */
export interface ImageMemory {
  readonly map: MemoryMap;
  readonly origin: MapOrigin;
  /** Digests of the bytes of the image, where its index has them. */
  readonly chunks: ChunkDigests | undefined;
  /** Indexes that were there and not used, each with its reason. */
  readonly unusable: readonly FormatError[];
  /** Closes the image and its index. */
  close(): Promise<void>;
}

/**
 * Finds the memory of an image: by the index behind it, by one that lies beside it, or by reading its structure. An index that is
 * damaged or of another image is not used.
 *
 * @throws {FormatError} as `readImage`; the source is closed then
 */
export async function openMemory(source: ByteSource, options: OpenMemoryOptions = {}): Promise<ImageMemory> {
  const unusable: FormatError[] = [];
  const { openAncestors } = options;
  try {
    const indexed = await openIndexed(source, options, unusable);
    if (indexed) return indexed;
  } catch (error) {
    await source.close();
    throw error;
  }
  // from here on it is closed by who reads it
  if (source.isSeekable && openAncestors) return walked(await openAncestors(source), unusable);
  // brings the readers of all formats along
  const { readImage } = await import('../format/registry.js');
  const image = await readImage(source, options);
  return walked(image, unusable);
}

function walked(image: Image, unusable: readonly FormatError[]): ImageMemory {
  return { map: memoryMapOf(image), origin: 'walk', chunks: undefined, unusable, close: () => image.close() };
}

/** The memory as an index tells it; undefined without one, and for an incremental image: an index has no pages of others. */
async function openIndexed(
  source: ByteSource,
  options: OpenMemoryOptions,
  unusable: FormatError[],
): Promise<ImageMemory | undefined> {
  const footer = source.isSeekable ? await usable(() => readIndex(source), unusable) : undefined;
  if (!footer) return openBeside(source, options, unusable);
  if (footer.parent) return undefined;
  const { map, chunks } = footer;
  return { map, origin: 'footer', chunks, unusable, close: () => source.close() };
}

async function openBeside(
  image: ByteSource,
  { openSidecar }: OpenMemoryOptions,
  unusable: FormatError[],
): Promise<ImageMemory | undefined> {
  const sidecar = openSidecar?.();
  if (!sidecar) return undefined;
  let isUsed = false;
  try {
    const index = await usable(() => readIndex(sidecar, { image }), unusable);
    if (!index || index.parent) return undefined;
    isUsed = true;
    const close = async (): Promise<void> => {
      await sidecar.close();
      await image.close();
    };
    return { map: index.map, origin: 'sidecar', chunks: index.chunks, unusable, close };
  } finally {
    if (!isUsed) await sidecar.close();
  }
}

/** The index, unless it cannot be used. */
async function usable(
  read: () => Promise<StoredIndex | undefined>,
  unusable: FormatError[],
): Promise<StoredIndex | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    unusable.push(error);
    return undefined;
  }
}

import type { Crew } from '../format/bytes/crew.js';
import { INLINE_CREW } from '../format/bytes/inline-crew.js';
import type { ByteSource } from '../format/bytes/source.js';
import { headDigest } from '../format/image-index/head-digest.js';
import { findIndex } from '../format/image-index/read-index.js';
import { factsBeside, type IndexFacts } from '../format/image-index/write-index.js';
import { memoryMapOf } from '../format/model/memory-map.js';
import type { ReadImageOptions } from '../format/model/read-options.js';
import { readImage } from '../format/registry.js';
import { computeChunkDigests } from '../inspect/chunk-digests.js';

export interface BuildIndexOptions extends ReadImageOptions {
  /** Whether the index is to lie beside the image: it then knows when the image was written. Default false: behind it. */
  readonly isSeparate?: boolean;
  /** Whether to read all of the image for digests of its bytes. Default false. */
  readonly withDigests?: boolean;
  /** Who computes the digests. Default: the caller's thread. */
  readonly crew?: Crew;
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

/**
 * Makes an index of an image by reading its structure, whatever index it has already. The source stays open.
 *
 * @param source  must be seekable
 * @throws {FormatError} as `readImage`
 */
export async function buildIndex(source: ByteSource, options: BuildIndexOptions = {}): Promise<IndexFacts> {
  const { signal, crew, onProgress, isSeparate = false } = options;
  // the image lives on until its index is written, and closing it would close the source
  const image = await readImage(source, options);
  const { format, spaces } = memoryMapOf(image);
  const found = await findIndex(source);
  const streamBytes = found?.offset ?? source.size;
  const bytes = isSeparate ? source.size : streamBytes;
  const file = {
    bytes,
    head: await headDigest(source, bytes),
    ...(isSeparate && { modifiedNs: source.modifiedNs ?? 0n }),
  };
  const chunks = options.withDigests
    ? await computeChunkDigests(source, streamBytes, { signal, crew: crew ?? INLINE_CREW, onProgress })
    : undefined;
  return { file, format, spaces, chunks, ...factsBeside(image) };
}

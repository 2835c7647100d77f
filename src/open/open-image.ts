import type { ByteSource } from '../format/bytes/source.js';
import type { FormatError } from '../format/errors.js';
import type { ChunkDigests } from '../format/model/chunk-digests.js';
import type { MemoryMap } from '../format/model/memory-map.js';
import { openSpaces, spaceOf, type Space } from '../inspect/space.js';
import { openMemory, type ImageMemory, type MapOrigin, type OpenMemoryOptions } from './open-memory.js';

/** An image that is open to have its memory read. Close it in the end. */
export class OpenedImage {
  readonly name: string;
  readonly map: MemoryMap;
  /** Each address space once. */
  readonly spaces: readonly Space[];
  /** Whether an index told where memory lies, or all of the image's structure was read. */
  readonly origin: MapOrigin;
  /** Indexes that were there but damaged or of another image, each with its reason. */
  readonly unusable: readonly FormatError[];
  /** Digests of the bytes of the image, where its index has them. */
  readonly chunks: ChunkDigests | undefined;
  readonly #memory: ImageMemory;

  constructor(memory: ImageMemory) {
    this.name = memory.map.name;
    this.map = memory.map;
    this.spaces = openSpaces(memory.map);
    this.origin = memory.origin;
    this.unusable = memory.unusable;
    this.chunks = memory.chunks;
    this.#memory = memory;
  }

  /** The memory of a task; without a pid of the only one. @throws {UsageError} */
  space(pid?: number): Space {
    return spaceOf(this.spaces, pid);
  }

  close(): Promise<void> {
    return this.#memory.close();
  }
}

/**
 * Opens an image to read its memory: at once where it has an index, whatever its size. The source is closed with it.
 *
 * @param source  must be seekable for contents to be read
 * @throws {FormatError} as `readImage`
 */
export async function openImageFrom(source: ByteSource, options: OpenMemoryOptions = {}): Promise<OpenedImage> {
  return new OpenedImage(await openMemory(source, options));
}

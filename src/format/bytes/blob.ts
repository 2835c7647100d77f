import { IoError } from '../errors.js';
import { BlockCache, type BlockCacheOptions } from './block-cache.js';
import type { ByteSource, ReadOptions } from './source.js';

/** A Blob: every read is a slice. */
function slices(blob: Blob, name: string): ByteSource {
  const read = async (offset: number, into: Uint8Array): Promise<number> => {
    try {
      const bytes = new Uint8Array(await blob.slice(offset, offset + into.length).arrayBuffer());
      into.set(bytes);
      return bytes.length;
    } catch (cause) {
      // a file that somebody changed or took away
      throw new IoError('READ_FAILED', { what: `reading ${name} failed (${String(cause)})`, cause });
    }
  };
  return { name, size: blob.size, isSeekable: true, read, close: () => Promise.resolve() };
}

/** The name of a File, for messages. */
function nameOf(blob: Blob): string {
  return 'name' in blob && typeof blob.name === 'string' ? blob.name : 'blob';
}

/** A Blob, or a File that a person chose, read in slices through a block cache. */
export class BlobSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly isSeekable = true;
  readonly #cache: BlockCache;

  /** @param name  what messages call it; that of the File, or `blob` */
  constructor(blob: Blob, name = nameOf(blob), options: BlockCacheOptions = {}) {
    this.#cache = new BlockCache(slices(blob, name), options);
    this.name = name;
    this.size = blob.size;
  }

  /** @throws {IoError} `READ_FAILED`; the reason of the signal */
  read(offset: number, into: Uint8Array, options?: ReadOptions): Promise<number> {
    return this.#cache.read(offset, into, options);
  }

  close(): Promise<void> {
    return this.#cache.close();
  }
}

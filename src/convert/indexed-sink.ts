import type { ByteSink } from '../format/bytes/sink.js';
import { loadXxh64 } from '../format/bytes/xxhash.js';
import { digestOfHead, HEAD_BYTES } from '../format/image-index/head-digest.js';
import { encodeIndex } from '../format/image-index/write-index.js';
import { ChunkDigester } from '../format/model/chunk-digester.js';
import type { WrittenImage } from '../format/registry.js';

/** A sink that looks at the stream on its way, so that an index can be put behind it. Commit and abort are left to the caller. */
export class IndexedSink implements ByteSink {
  readonly #sink: ByteSink;
  readonly #digester = new ChunkDigester();
  readonly #head = new Uint8Array(HEAD_BYTES);

  private constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  static async open(sink: ByteSink): Promise<IndexedSink> {
    await loadXxh64();
    return new IndexedSink(sink);
  }

  get name(): string {
    return this.#sink.name;
  }

  get position(): number {
    return this.#sink.position;
  }

  write(bytes: Uint8Array): void | Promise<void> {
    const { position } = this;
    if (position < HEAD_BYTES) this.#head.set(bytes.subarray(0, HEAD_BYTES - position), position);
    this.#digester.update(bytes);
    return this.#sink.write(bytes);
  }

  /** Writes the index of the stream that was written; returns its bytes. */
  async writeIndex({ format, spaces }: WrittenImage): Promise<number> {
    const bytes = this.position;
    const file = { bytes, head: await digestOfHead(this.#head.subarray(0, bytes)) };
    for await (const piece of encodeIndex({ file, format, spaces, chunks: this.#digester.take() }))
      await this.#sink.write(piece);
    return this.position - bytes;
  }

  commit(): Promise<void> {
    return this.#sink.commit();
  }

  abort(): Promise<void> {
    return this.#sink.abort();
  }
}

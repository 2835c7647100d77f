import type { ByteSink } from '../format/bytes/sink.js';
import type { ByteSource } from '../format/bytes/source.js';
import { loadXxh64 } from '../format/bytes/xxhash.js';
import { digestOfHead, HEAD_BYTES } from '../format/image-index/head-digest.js';
import { encodeIndex, type IndexFacts } from '../format/image-index/write-index.js';
import { ChunkDigester } from '../format/model/chunk-digester.js';
import type { ChunkDigests } from '../format/model/chunk-digests.js';

/** The part of an index that the bytes of the stream tell. */
export type FileFacts = Pick<IndexFacts, 'file' | 'chunks'>;

/** Digests the first `streamBytes` bytes of what was written. */
export type DigestWritten = (written: ByteSource, streamBytes: number) => Promise<ChunkDigests>;

/** A sink that looks at the stream on its way, so that an index can be put behind it. Commit and abort are left to the caller. */
export class IndexedSink implements ByteSink {
  readonly takeBuffer?: NonNullable<ByteSink['takeBuffer']>;
  readonly #sink: ByteSink;
  readonly #digester: ChunkDigester | undefined;
  readonly #digestLater: DigestWritten | undefined;
  readonly #head = new Uint8Array(HEAD_BYTES);

  private constructor(sink: ByteSink, digestLater: DigestWritten | undefined) {
    this.#sink = sink;
    this.#digestLater = sink.reread && digestLater;
    this.#digester = this.#digestLater ? undefined : new ChunkDigester();
    if (sink.takeBuffer) this.takeBuffer = sink.takeBuffer.bind(sink);
  }

  /**
   * @param digestLater  digests what was written, where the sink can read that again; otherwise all is digested on its way
   */
  static async open(sink: ByteSink, digestLater?: DigestWritten): Promise<IndexedSink> {
    await loadXxh64();
    return new IndexedSink(sink, digestLater);
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
    this.#digester?.update(bytes);
    return this.#sink.write(bytes);
  }

  /** What an index tells of the bytes that were written since the last call. */
  async takeFacts(): Promise<FileFacts> {
    const { position: bytes } = this;
    const file = { bytes, head: await digestOfHead(this.#head.subarray(0, bytes)) };
    return { file, chunks: this.#digester?.take() ?? (await this.#digestAll()) };
  }

  async #digestAll(): Promise<ChunkDigests | undefined> {
    const written = await this.#sink.reread?.();
    return written && this.#digestLater?.(written, this.position);
  }

  /** Writes an index; returns its bytes. */
  async writeIndex(facts: IndexFacts): Promise<number> {
    const { position } = this;
    for await (const piece of encodeIndex(facts)) await this.#sink.write(piece);
    return this.position - position;
  }

  commit(): Promise<void> {
    return this.#sink.commit();
  }

  abort(): Promise<void> {
    return this.#sink.abort();
  }
}

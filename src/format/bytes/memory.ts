import type { ByteSink } from './sink.js';
import type { ByteSource } from './source.js';

/** Bytes that are in memory already. Keeps a reference to `bytes`; the caller must not change them meanwhile. */
export class MemorySource implements ByteSource {
  readonly name: string;
  readonly isSeekable = true;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, name = 'memory') {
    this.#bytes = bytes;
    this.name = name;
  }

  get size(): number {
    return this.#bytes.length;
  }

  readSync(offset: number, into: Uint8Array): number {
    const part = this.#bytes.subarray(offset, offset + into.length);
    into.set(part);
    return part.length;
  }

  read(offset: number, into: Uint8Array): Promise<number> {
    return Promise.resolve(this.readSync(offset, into));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Collects what is written; `bytes()` gives a copy of it all. */
export class MemorySink implements ByteSink {
  readonly name: string;
  readonly #parts: Uint8Array[] = [];
  #position = 0;

  constructor(name = 'memory') {
    this.name = name;
  }

  get position(): number {
    return this.#position;
  }

  write(bytes: Uint8Array): void {
    this.#parts.push(bytes.slice());
    this.#position += bytes.length;
  }

  commit(): Promise<void> {
    return Promise.resolve();
  }

  abort(): Promise<void> {
    this.#parts.length = 0;
    return Promise.resolve();
  }

  bytes(): Uint8Array {
    const all = new Uint8Array(this.#position);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}

import type { ByteSource } from './source.js';

/**
 * Where bytes go, in order. Nothing is final before `commit`; after `abort` nothing is left behind.
 * One of the two must be called, once.
 */
export interface ByteSink {
  /** For messages; never parsed. */
  readonly name: string;
  /** Bytes written so far. */
  readonly position: number;
  /**
   * Takes all of `bytes`, at once where the sink can (file, memory), else waits.
   * The buffer is the caller's again when `write` has returned or resolved.
   *
   * @throws {IoError} `WRITE_FAILED` (its cause has the errno), `OUTPUT_CLOSED`
   */
  write(bytes: Uint8Array): void | Promise<void>;
  /**
   * A buffer of the sink's own, which `write` takes without waiting for its bytes to be written; it is not the caller's
   * any more then. Absent where that has no use. An error may come with a later call.
   *
   * @param length its bytes, of which any part may be written
   */
  takeBuffer?(length: number): Uint8Array | Promise<Uint8Array>;
  /** What was written so far, to be read until `commit` or `abort`. Absent where it cannot be had again. */
  reread?(): ByteSource | Promise<ByteSource>;
  commit(): Promise<void>;
  abort(): Promise<void>;
}

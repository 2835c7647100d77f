import { FormatError } from '../errors.js';

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Random access to bytes. Offsets and lengths in bytes, below 2^53.
 *
 * The caller owns every buffer: a source fills `into` and keeps no reference to it.
 */
export interface ByteSource {
  /** For messages; never parsed. */
  readonly name: string;
  /** Total bytes; Infinity while a pipe has not ended. */
  readonly size: number;
  /** False for a pipe, which takes only ascending offsets. */
  readonly isSeekable: boolean;
  /** The file descriptor behind it, where every thread may read from that at any offset. */
  readonly descriptor?: number;
  /** Fills `into` from `offset`; returns the count, short only at the end. */
  read(offset: number, into: Uint8Array, options?: ReadOptions): Promise<number>;
  /** The same without waiting, where the bytes are at hand (file, memory, process); absent elsewhere. */
  readSync?(offset: number, into: Uint8Array): number;
  close(): Promise<void>;
}

/**
 * Fills `into`, without waiting where the source allows it, so that one loop serves both kinds of source:
 * `const got = fill(source, offset, into); const n = typeof got === 'number' ? got : await got;`
 */
export function fill(source: ByteSource, offset: number, into: Uint8Array): number | Promise<number> {
  return source.readSync ? source.readSync(offset, into) : source.read(offset, into);
}

/**
 * Fills all of `into` or fails.
 *
 * @throws {FormatError} `TRUNCATED` at the offset where the source ended
 */
export async function readExactly(source: ByteSource, offset: number, into: Uint8Array, path = ''): Promise<void> {
  const got = await fill(source, offset, into);
  if (got < into.length) throw truncation(source, offset + got, into.length - got, path);
}

/** That a source ends at `offset`, where `missing` more bytes are wanted. */
export function truncation(source: ByteSource, offset: number, missing: number, path = ''): FormatError {
  const expected = `${String(missing)} more bytes`;
  return new FormatError('TRUNCATED', { at: { offset, path }, what: `${source.name} ends`, expected });
}

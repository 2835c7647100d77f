import * as fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { FormatError, IoError, errnoOf } from '../errors.js';
import type { ByteSink } from './sink.js';
import type { ByteSource, ReadOptions } from './source.js';

const PULL_BYTES = 256 * 1024;
/** How far back a pipe can be read again: enough for everything that is looked at twice. */
const WINDOW_BYTES = 8 * 1024 * 1024;
/** Somebody made the pipe non-blocking: how long to wait before asking again. */
const RETRY_MS = 1;

function readOnce(fd: number, into: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(fd, into, 0, into.length, null, (error, count) => {
      if (error) reject(error);
      else resolve(count);
    });
  });
}

function writeOnce(fd: number, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.write(fd, bytes, 0, bytes.length, null, (error, count) => {
      if (error) reject(error);
      else resolve(count);
    });
  });
}

async function retrying(call: () => Promise<number>): Promise<number> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (errnoOf(error) !== 'EAGAIN') throw error;
      await delay(RETRY_MS);
    }
  }
}

/**
 * A pipe, socket or terminal, read forwards. The last 8 MiB can be read again; going further back throws.
 * `size` is Infinity until the end was seen.
 */
export class PipeSource implements ByteSource {
  readonly name: string;
  readonly isSeekable = false;
  readonly #fd: number;
  #window = new Uint8Array(PULL_BYTES * 2);
  #start = 0;
  #end = 0;
  #hasEnded = false;

  constructor(fd: number, name: string) {
    this.#fd = fd;
    this.name = name;
  }

  get size(): number {
    return this.#hasEnded ? this.#end : Infinity;
  }

  /** @throws {FormatError} `NOT_SEEKABLE` more than 8 MiB behind what was read. */
  async read(offset: number, into: Uint8Array, options: ReadOptions = {}): Promise<number> {
    let filled = 0;
    while (filled < into.length) {
      const from = offset + filled;
      if (from < this.#start) {
        const at = { offset: from };
        throw new FormatError('NOT_SEEKABLE', { at, what: `${this.name} cannot be read backwards` });
      }
      if (from < this.#end) {
        const part = this.#window.subarray(from - this.#start, Math.min(this.#end, offset + into.length) - this.#start);
        into.set(part, filled);
        filled += part.length;
      } else if (!(await this.#pull(options.signal))) break;
    }
    return filled;
  }

  close(): Promise<void> {
    if (this.#fd > 2) fs.closeSync(this.#fd);
    return Promise.resolve();
  }

  async #pull(signal: AbortSignal | undefined): Promise<boolean> {
    signal?.throwIfAborted();
    if (this.#hasEnded) return false;
    this.#makeRoom();
    const room = this.#window.subarray(this.#end - this.#start).subarray(0, PULL_BYTES);
    let got: number;
    try {
      got = await retrying(() => readOnce(this.#fd, room));
    } catch (cause) {
      throw new IoError('READ_FAILED', {
        what: `reading ${this.name} failed (${errnoOf(cause) ?? String(cause)})`,
        cause,
      });
    }
    this.#end += got;
    this.#hasEnded = got === 0;
    return got > 0;
  }

  #makeRoom(): void {
    const used = this.#end - this.#start;
    if (used + PULL_BYTES <= this.#window.length) return;
    if (this.#window.length < WINDOW_BYTES) {
      const larger = new Uint8Array(this.#window.length * 2);
      larger.set(this.#window.subarray(0, used));
      this.#window = larger;
      return;
    }
    const keep = WINDOW_BYTES / 2;
    this.#window.copyWithin(0, used - keep, used);
    this.#start = this.#end - keep;
  }
}

/** A pipe, socket, terminal or device, written as the bytes come. What was written cannot be taken back. */
export class PipeSink implements ByteSink {
  readonly name: string;
  readonly #fd: number;
  #position = 0;

  constructor(fd: number, name: string) {
    this.#fd = fd;
    this.name = name;
  }

  get position(): number {
    return this.#position;
  }

  async write(bytes: Uint8Array): Promise<void> {
    let written = 0;
    while (written < bytes.length) {
      const rest = bytes.subarray(written);
      try {
        written += await retrying(() => writeOnce(this.#fd, rest));
      } catch (cause) {
        const code = errnoOf(cause) === 'EPIPE' ? 'OUTPUT_CLOSED' : 'WRITE_FAILED';
        throw new IoError(code, { what: `writing ${this.name} failed (${errnoOf(cause) ?? String(cause)})`, cause });
      }
    }
    this.#position += bytes.length;
  }

  commit(): Promise<void> {
    return this.abort();
  }

  abort(): Promise<void> {
    if (this.#fd > 2) fs.closeSync(this.#fd);
    return Promise.resolve();
  }
}

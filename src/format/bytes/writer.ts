import { nextTurn } from './turn.js';
import { FormatError } from '../errors.js';
import { LEAD_BYTES } from './read-buffer.js';
import type { ByteSink } from './sink.js';
import { fill, type ByteSource } from './source.js';

const BUFFER_BYTES = 1024 * 1024;
/** Where in a cache line large allocations begin. */
const BASE_BYTES = 16;
const LINE_BYTES = 64;
/** Room behind the contents for the structure that follows them: headers and the addresses of a chunk, mostly 16 KiB. */
const STRUCTURE_BYTES = 64 * 1024;
const CAPACITY_BYTES = LEAD_BYTES + LINE_BYTES + BUFFER_BYTES + STRUCTURE_BYTES;
/** Where contents end at the latest. */
const CONTENTS_END = LEAD_BYTES + LINE_BYTES + BUFFER_BYTES;
/** Contents of this length get a buffer of their own; shorter ones are put behind what is there. */
const LARGE_BYTES = 256 * 1024;
/** Where what goes to a place in a file starts in a buffer: as far into a cache line as there, which is copied faster. */
function startFor(position: number): number {
  return LEAD_BYTES + ((position + LINE_BYTES - BASE_BYTES) % LINE_BYTES);
}

/** How much is moved before the event loop gets a turn, so that signals are heard. */
const TURN_BYTES = 64 * 1024 * 1024;

export interface CopyOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called with the bytes written so far. */
  readonly onProgress?: ((doneBytes: number) => void) | undefined;
}

/**
 * Puts structure and contents into one buffer, which it hands on whenever it is full: contents are read from their
 * source right into their place. Structure is only added; `settle` and `copyContents` are where bytes leave.
 */
export class BufferedWriter {
  readonly #sink: ByteSink;
  readonly #options: CopyOptions;
  #buffer: Uint8Array = new Uint8Array(CAPACITY_BYTES);
  /** What is in the buffer. */
  #start: number;
  #end: number;
  #sinceTurn = 0;

  constructor(sink: ByteSink, options: CopyOptions = {}) {
    this.#sink = sink;
    this.#options = options;
    this.#start = this.#end = startFor(sink.position);
  }

  /** Bytes given so far. */
  get position(): number {
    return this.#sink.position + this.#end - this.#start;
  }

  /** The place of the next `length` bytes, for the caller to fill before the next call. */
  reserve(length: number): Uint8Array {
    if (this.#end + length > this.#buffer.length) {
      const larger = new Uint8Array((this.#end + length) * 2);
      larger.set(this.#buffer.subarray(0, this.#end));
      this.#buffer = larger;
    }
    this.#end += length;
    return this.#buffer.subarray(this.#end - length, this.#end);
  }

  add(bytes: Uint8Array): void {
    this.reserve(bytes.length).set(bytes);
  }

  /** Hands on what is there if it is much. To be called now and then. */
  async settle(): Promise<void> {
    if (this.#end > BUFFER_BYTES - LARGE_BYTES) await this.flush();
  }

  /** Copies `length` bytes from `offset` of a source. @throws {FormatError} `TRUNCATED` */
  async copyContents(source: ByteSource, offset: number, length: number): Promise<void> {
    for (let done = 0; done < length;) {
      const left = length - done;
      if (left >= LARGE_BYTES || this.#end + left > CONTENTS_END) await this.flush();
      const piece = Math.min(left, CONTENTS_END - this.#end);
      const got = fill(source, offset + done, this.#buffer.subarray(this.#end, this.#end + piece));
      const count = typeof got === 'number' ? got : await got;
      if (count < piece) {
        const at = { offset: offset + done + count };
        throw new FormatError('TRUNCATED', { at, what: `${source.name} ends inside its page contents` });
      }
      this.#end += piece;
      done += piece;
    }
  }

  async flush(): Promise<void> {
    if (this.#end === this.#start) return;
    const written = this.#sink.write(this.#buffer.subarray(this.#start, this.#end));
    if (written) await written;
    this.#sinceTurn += this.#end - this.#start;
    this.#start = this.#end = startFor(this.#sink.position);
    if (this.#sink.takeBuffer) this.#buffer = await this.#sink.takeBuffer(CAPACITY_BYTES);
    this.#options.onProgress?.(this.#sink.position);
    if (this.#sinceTurn < TURN_BYTES) return;
    this.#sinceTurn = 0;
    await nextTurn();
    this.#options.signal?.throwIfAborted();
  }
}

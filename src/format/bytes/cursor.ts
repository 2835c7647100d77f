import { FormatError } from '../errors.js';
import { fill, type ByteSource } from './source.js';

const MIN_READ_BYTES = 512;
const PAGE_BYTES = 4096;
const FIRST_READ_BYTES = 64 * 1024;
const MAX_READ_BYTES = 256 * 1024;

function roundUp(bytes: number): number {
  return Math.ceil(bytes / MIN_READ_BYTES) * MIN_READ_BYTES;
}

/** So that arrays at a multiple of 8 behind a place that was jumped to can be looked at in place. */
function alignDown(bytes: number): number {
  return bytes - (bytes % BigUint64Array.BYTES_PER_ELEMENT);
}

/**
 * Reads a source forwards through a window, jumping over what nobody asked for. After a jump it reads about as much as
 * was used after the one before, so that structure scattered between page contents costs one small read each.
 */
export class Cursor {
  readonly source: ByteSource;
  #window = new Uint8Array(2 * FIRST_READ_BYTES);
  /** Where in the window the byte at `#start` lies. */
  #lead = 0;
  #start = 0;
  #end = 0;
  #position = 0;
  #jumpedTo = 0;
  #readAhead = FIRST_READ_BYTES;

  constructor(source: ByteSource) {
    this.source = source;
  }

  get position(): number {
    return this.#position;
  }

  /** Bytes from the position on that need no reading. */
  get buffered(): number {
    return Math.max(0, this.#end - this.#position);
  }

  has(bytes: number): boolean {
    return this.#position >= this.#start && this.#position + bytes <= this.#end;
  }

  /** The next bytes, which `has` has found; valid until the next `fill`. */
  view(bytes: number): Uint8Array {
    const from = this.#lead + this.#position - this.#start;
    return this.#window.subarray(from, from + bytes);
  }

  /** Moves on; behind the window, the bytes between are never read (of a pipe: read and dropped). */
  advance(bytes: number): void {
    const used = this.#position - this.#jumpedTo;
    this.#position += bytes;
    if (this.#position <= this.#end) return;
    this.#readAhead = Math.min(roundUp(used), MAX_READ_BYTES);
    this.#jumpedTo = this.#position;
  }

  /**
   * Gets the next `bytes` into the window, fewer at the end of the source. Returns a promise only where the source makes
   * us wait.
   */
  fill(bytes: number): Promise<void> | undefined {
    const kept = this.#makeRoom(Math.max(bytes, this.#readAhead));
    const target = this.#window.subarray(this.#lead + kept, this.#lead + Math.max(bytes, this.#readAhead));
    const got = fill(this.source, this.#start + kept, target);
    if (typeof got !== 'number')
      return got.then((count) => {
        this.#filled(kept + count);
      });
    this.#filled(kept + got);
    return undefined;
  }

  /** The next `bytes` if they can be had without waiting; valid until more are read. */
  atHand(bytes: number): Uint8Array | undefined {
    if (!this.has(bytes) && (!this.source.readSync || this.fill(bytes))) return undefined;
    return this.has(bytes) ? this.view(bytes) : undefined;
  }

  /** Moves back to where we were before, in a source that allows it or inside the window. */
  goBack(position: number): void {
    this.#position = position;
    this.#jumpedTo = Math.min(this.#jumpedTo, position);
  }

  /** Gets the next `bytes` into the window, and says whether they are there. */
  *reach(bytes: number): Generator<Promise<void>, boolean> {
    if (this.has(bytes)) return true;
    const pending = this.fill(bytes);
    if (pending) yield pending;
    return this.has(bytes);
  }

  /** The next `bytes`, valid until more are read. @throws {FormatError} `TRUNCATED` */
  *need(bytes: number, what: string, path: string): Generator<Promise<void>, Uint8Array> {
    // asked first: a window of that size may be far too much for a source that has not so much
    const isThere = this.#position + bytes <= this.source.size && (yield* this.reach(bytes));
    if (!isThere) throw truncated(this.source, what, path);
    return this.view(bytes);
  }

  /** Moves over bytes without reading them. @throws {FormatError} `TRUNCATED` */
  skip(bytes: number, what: string, path: string): void {
    if (this.#position + bytes > this.source.size) throw truncated(this.source, what, path);
    this.advance(bytes);
  }

  #filled(bytes: number): void {
    this.#end = this.#start + bytes;
    if (this.#jumpedTo < this.#start) this.#readAhead = Math.min(this.#readAhead * 2, MAX_READ_BYTES);
  }

  /** Moves the window's start to the position; returns how many bytes of it are there already. */
  #makeRoom(bytes: number): number {
    const isInside = this.#position >= this.#start && this.#position < this.#end;
    const kept = isInside ? this.#end - this.#position : 0;
    const from = this.#lead + this.#position - this.#start;
    // half a page away from the place in its page that the kernel copies from: copying to a like one is far slower
    this.#lead = alignDown((this.#position + PAGE_BYTES / 2) % PAGE_BYTES);
    const old = this.#window;
    if (old.length < this.#lead + bytes) this.#window = new Uint8Array(this.#lead + bytes);
    if (this.#window === old) old.copyWithin(this.#lead, from, from + kept);
    else this.#window.set(old.subarray(from, from + kept), this.#lead);
    this.#start = this.#position;
    this.#end = this.#position + kept;
    return kept;
  }
}

/** Says that the source ended before `bytes` more were read at `position`. */
export function truncated(source: ByteSource, what: string, path: string): FormatError {
  const at = { offset: source.size, path };
  return new FormatError('TRUNCATED', { at, what: `${source.name} ends before the end of ${what}` });
}

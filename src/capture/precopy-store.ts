import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { preadFully, readFailure } from '../format/bytes/file-source.js';
import { LEAD_BYTES } from '../format/bytes/read-buffer.js';
import type { ByteSource } from '../format/bytes/source.js';
import { IoError, errnoOf } from '../format/errors.js';
import { PAGE_BYTES } from '../format/model/page.js';

/** Memory is taken in pieces of this size, each touched as a whole before it is needed. */
const SEGMENT_BYTES = 16 * 1024 * 1024;

/** What goes to the file at once. */
const PIECE_BYTES = 1024 * 1024;

/** Fills `into` from `done` bytes behind the start of what is copied; returns the count. */
type ReadPart = (done: number, into: Uint8Array) => number;

function makeSegment(): Uint8Array {
  const segment = new Uint8Array(new ArrayBuffer(LEAD_BYTES + SEGMENT_BYTES), LEAD_BYTES, SEGMENT_BYTES);
  for (let at = 0; at < SEGMENT_BYTES; at += PAGE_BYTES) segment[at] = 1;
  return segment;
}

function openNameless(): number {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'crit-'));
  const fd = fs.openSync(path.join(directory, 'precopy'), 'wx+', 0o600);
  fs.rmSync(directory, { recursive: true });
  return fd;
}

/** Copies of pages, one behind the other: in memory up to a limit, in a file without a name from there on. */
export class PageStore implements ByteSource {
  readonly name: string;
  readonly isSeekable = true;
  readonly #memoryBytes: number;
  readonly #segments: Uint8Array[] = [];
  readonly #piece = new Uint8Array(PIECE_BYTES);
  #fd: number | undefined;
  #size = 0;

  constructor(name: string, memoryBytes: number) {
    this.name = name;
    this.#memoryBytes = Math.floor(memoryBytes / SEGMENT_BYTES) * SEGMENT_BYTES;
  }

  get size(): number {
    return this.#size;
  }

  /** Bytes that are in the file. */
  get spooledBytes(): number {
    return Math.max(0, this.#size - this.#memoryBytes);
  }

  /** Makes room for so many bytes more than there are, before they are needed. */
  prepare(bytes: number): void {
    const end = Math.min(this.#size + bytes, this.#memoryBytes);
    while (this.#segments.length * SEGMENT_BYTES < end) this.#segments.push(makeSegment());
    if (this.#size + bytes > this.#memoryBytes) this.#fd ??= openNameless();
  }

  /** Takes room for so many bytes; returns where it begins. */
  reserve(bytes: number): number {
    this.prepare(bytes);
    const at = this.#size;
    this.#size += bytes;
    return at;
  }

  /** Copies `bytes` to `at`; returns how many came before a read was short. @throws what `read` throws; {IoError} */
  copy(at: number, bytes: number, read: ReadPart): number {
    let done = 0;
    while (done < bytes) {
      const isInFile = at + done >= this.#memoryBytes;
      const into = isInFile
        ? this.#piece.subarray(0, Math.min(bytes - done, this.#piece.length))
        : this.#inMemory(at + done, bytes - done);
      const got = read(done, into);
      if (isInFile) this.#write(at + done, into.subarray(0, got));
      done += got;
      if (got < into.length) break;
    }
    return done;
  }

  readSync(offset: number, into: Uint8Array): number {
    const length = Math.min(into.length, Math.max(0, this.#size - offset));
    let filled = 0;
    while (filled < length && offset + filled < this.#memoryBytes) {
      const part = this.#inMemory(offset + filled, length - filled);
      into.set(part, filled);
      filled += part.length;
    }
    return filled === length ? filled : filled + this.#read(offset + filled, into.subarray(filled, length));
  }

  read(offset: number, into: Uint8Array): Promise<number> {
    return new Promise((resolve) => {
      resolve(this.readSync(offset, into));
    });
  }

  close(): Promise<void> {
    this.#segments.length = 0;
    if (this.#fd !== undefined) fs.closeSync(this.#fd);
    this.#fd = undefined;
    return Promise.resolve();
  }

  /** At most so many bytes from `at` on in one piece of memory. */
  #inMemory(at: number, bytes: number): Uint8Array {
    const within = at % SEGMENT_BYTES;
    const segment = this.#segments[Math.floor(at / SEGMENT_BYTES)] ?? new Uint8Array(0);
    return segment.subarray(within, Math.min(within + bytes, SEGMENT_BYTES));
  }

  #write(at: number, bytes: Uint8Array): void {
    try {
      fs.writeSync(this.#openFile(), bytes, 0, bytes.length, at - this.#memoryBytes);
    } catch (cause) {
      const what = `writing the copy of ${this.name} failed (${errnoOf(cause) ?? String(cause)})`;
      throw new IoError('WRITE_FAILED', { what, cause });
    }
  }

  #read(at: number, into: Uint8Array): number {
    try {
      return preadFully(this.#openFile(), at - this.#memoryBytes, into);
    } catch (cause) {
      throw readFailure(this.name, cause);
    }
  }

  #openFile(): number {
    this.#fd ??= openNameless();
    return this.#fd;
  }
}

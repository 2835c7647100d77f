import * as fs from 'node:fs';
import * as path from 'node:path';
import { IoError, errnoOf } from '../errors.js';
import { FileSource, MAX_CALL_BYTES } from './file-source.js';
import type { ByteSink } from './sink.js';
import type { ByteSource } from './source.js';
import { unclosed } from './unclosed.js';

/** Writes all of `bytes` at `position` of a file. */
export function pwriteFully(fd: number, bytes: Uint8Array, position: number): void {
  let written = 0;
  while (written < bytes.length) {
    const piece = Math.min(bytes.length - written, MAX_CALL_BYTES);
    written += fs.writeSync(fd, bytes, written, piece, position + written);
  }
}

/** What it means that writing `name` failed with `cause`. */
export function writeFailure(name: string, cause: unknown): IoError {
  return new IoError('WRITE_FAILED', { what: `writing ${name} failed (${errnoOf(cause) ?? String(cause)})`, cause });
}

/**
 * A file that appears under its name only when it is complete: written beside it under a temporary name with mode 0600,
 * then fsynced and renamed.
 */
export class FileSink implements ByteSink {
  readonly name: string;
  /** Where the bytes lie until `commit`, from the first write on. Somebody who outlives us may remove it. */
  readonly temporaryName: string;
  #fd: number | undefined;
  #position = 0;
  /** Whether the temporary file is there. */
  #isPending = false;

  /** @throws {IoError} `WRITE_FAILED` where nothing can be written */
  constructor(file: string) {
    try {
      // a symbolic link keeps pointing where it did: the file behind it is replaced
      this.name = fs.existsSync(file) ? fs.realpathSync(file) : file;
      fs.accessSync(path.dirname(this.name), fs.constants.W_OK);
    } catch (cause) {
      throw writeFailure(file, cause);
    }
    const unique = `${String(process.pid)}-${Math.random().toString(36).slice(2, 10)}`;
    this.temporaryName = path.join(path.dirname(this.name), `.${path.basename(this.name)}.${unique}.part`);
  }

  get position(): number {
    return this.#position;
  }

  write(bytes: Uint8Array): void {
    try {
      pwriteFully(this.#open(), bytes, this.#position);
    } catch (cause) {
      throw writeFailure(this.name, cause);
    }
    this.#position += bytes.length;
  }

  /**
   * Leaves the next `length` bytes to somebody else, who has written them before `commit` or `abort`.
   *
   * @returns where they have to be written
   * @throws {IoError} `WRITE_FAILED`
   */
  leave(length: number): { readonly fd: number; readonly position: number } {
    const position = this.#position;
    try {
      const fd = this.#open();
      this.#position += length;
      return { fd, position };
    } catch (cause) {
      throw writeFailure(this.name, cause);
    }
  }

  /** @throws {IoError} `WRITE_FAILED` */
  reread(): ByteSource {
    try {
      return unclosed(new FileSource(this.#open(), this.name));
    } catch (cause) {
      throw writeFailure(this.name, cause);
    }
  }

  async commit(): Promise<void> {
    try {
      // not before: a disk that is busy already makes every write slower, and a process may stand still for them
      await syncFile(this.#open());
      this.#close();
      fs.renameSync(this.temporaryName, this.name);
      this.#isPending = false;
      syncDirectory(path.dirname(this.name));
    } catch (cause) {
      await this.abort();
      throw writeFailure(this.name, cause);
    }
  }

  abort(): Promise<void> {
    this.#close();
    if (this.#isPending) fs.rmSync(this.temporaryName, { force: true });
    this.#isPending = false;
    return Promise.resolve();
  }

  #open(): number {
    this.#fd ??= fs.openSync(this.temporaryName, 'wx+', 0o600);
    this.#isPending = true;
    return this.#fd;
  }

  #close(): void {
    if (this.#fd !== undefined) fs.closeSync(this.#fd);
    this.#fd = undefined;
  }
}

function syncFile(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.fsync(fd, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

function syncDirectory(directory: string): void {
  const fd = fs.openSync(directory, 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

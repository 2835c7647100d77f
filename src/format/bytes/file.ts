import * as fs from 'node:fs';
import { IoError, errnoOf } from '../errors.js';
import { FileSink, MAX_CALL_BYTES, writeFailure } from './file-sink.js';
import { PipeSink, PipeSource } from './pipe.js';
import type { ByteSource } from './source.js';

/** Reads all of `into` from `offset` of a descriptor; returns the count, short only at the end. */
export function preadFully(fd: number, offset: number, into: Uint8Array): number {
  let filled = 0;
  while (filled < into.length) {
    const want = Math.min(into.length - filled, MAX_CALL_BYTES);
    const got = fs.readSync(fd, into, filled, want, offset + filled);
    if (got === 0) break;
    filled += got;
  }
  return filled;
}

function readFailure(name: string, cause: unknown): IoError {
  return new IoError('READ_FAILED', { what: `reading ${name} failed (${errnoOf(cause) ?? String(cause)})`, cause });
}

/** A file on disk. The descriptor is held until `close`. */
export class FileSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly isSeekable = true;
  readonly descriptor: number;

  constructor(fd: number, name: string) {
    this.descriptor = fd;
    this.name = name;
    this.size = fs.fstatSync(fd).size;
  }

  readSync(offset: number, into: Uint8Array): number {
    try {
      return preadFully(this.descriptor, offset, into);
    } catch (cause) {
      throw readFailure(this.name, cause);
    }
  }

  read(offset: number, into: Uint8Array): Promise<number> {
    return new Promise((resolve) => {
      resolve(this.readSync(offset, into));
    });
  }

  close(): Promise<void> {
    fs.closeSync(this.descriptor);
    return Promise.resolve();
  }
}

/**
 * Opens a path for reading: a regular file or block device gives random access, anything else (fifo, socket, terminal)
 * is read forwards.
 *
 * @param name  what messages call it; the path unless told
 * @throws {IoError} `READ_FAILED`
 */
export function openFile(file: string, name = file): ByteSource {
  try {
    const fd = fs.openSync(file, 'r');
    const stat = fs.fstatSync(fd);
    if (stat.isDirectory()) {
      fs.closeSync(fd);
      throw Object.assign(new Error('is a directory'), { code: 'EISDIR' });
    }
    return stat.isFile() ? new FileSource(fd, name) : new PipeSource(fd, name);
  } catch (cause) {
    throw readFailure(name, cause);
  }
}

/**
 * Opens a path for writing: a new or regular file is replaced when complete, anything else (fifo, device) is written
 * straight into.
 *
 * @throws {IoError} `WRITE_FAILED`
 */
export function createFile(file: string): FileSink | PipeSink {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (stat === undefined || stat.isFile()) return new FileSink(file);
  try {
    return new PipeSink(fs.openSync(file, 'w'), file);
  } catch (cause) {
    throw writeFailure(file, cause);
  }
}

import * as fs from 'node:fs';
import { IoError, errnoOf } from '../errors.js';
import type { ByteSource } from './source.js';

/** The kernel moves at most this many bytes per call; asking for more gives a short count. */
export const MAX_CALL_BYTES = 1 << 30;

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

/** What it means that reading `name` failed with `cause`. */
export function readFailure(name: string, cause: unknown): IoError {
  return new IoError('READ_FAILED', { what: `reading ${name} failed (${errnoOf(cause) ?? String(cause)})`, cause });
}

/** A file on disk. The descriptor is held until `close`. */
export class FileSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly modifiedNs: bigint;
  readonly isSeekable = true;
  readonly descriptor: number;

  constructor(fd: number, name: string) {
    this.descriptor = fd;
    this.name = name;
    const { size, mtimeNs } = fs.fstatSync(fd, { bigint: true });
    this.size = Number(size);
    this.modifiedNs = mtimeNs;
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

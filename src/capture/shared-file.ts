import * as fs from 'node:fs';
import { CaptureError, errnoOf } from '../format/errors.js';
import { PAGE_BYTES, vaddrOf } from '../format/model/page.js';
import { NO_PAGES, PageRunsBuilder, type PageRuns } from '../format/model/page-runs.js';
import { preadFully } from '../format/bytes/file-source.js';
import type { ContentsPart } from './contents.js';
import { procPath, targetFailure } from './proc-file.js';
import type { Mapping } from './smaps.js';
import type { StopDeadline } from './stop-deadline.js';

/** How much of an object is read at a time. */
const CHUNK_BYTES = 1024 * 1024;
/** Unit of `st_blocks`. */
const BLOCK_BYTES = 512;
/** An object that has room for more is not searched: a process would stand still for too long. */
const MAX_SEARCH_BYTES = 64 * 2 ** 30;
const ZEROS = new Uint8Array(CHUNK_BYTES);
/** Why map_files cannot be opened where maps can be read: the right is missing, or the object has no reader. */
const NOT_TO_BE_OPENED: readonly (string | undefined)[] = ['EPERM', 'EACCES', 'ENXIO', 'ENOENT'];

/** Takes pages of an object that hold something; returns false when no more are wanted. */
type TakePages = (index: number, nrPages: number) => boolean;

/** Until when processes stand still that may change an object. */
interface Until {
  readonly deadline: StopDeadline | undefined;
}

/** A shared object by itself, whoever maps it: reading what is not there allocates nothing. Source: spec/proc.md 5. */
export class SharedFile implements ContentsPart {
  readonly name: string;
  readonly sizeBytes: number;
  /** How many pages the object has, swapped ones too. */
  readonly allocatedPages: number;
  readonly #pid: number;
  readonly #fd: number;
  readonly #deadline: StopDeadline | undefined;

  private constructor(pid: number, fd: number, { name, deadline }: Pick<SharedFile, 'name'> & Until) {
    const { size, blocks } = fs.fstatSync(fd);
    this.name = name;
    this.sizeBytes = size;
    this.allocatedPages = Math.ceil((blocks * BLOCK_BYTES) / PAGE_BYTES);
    this.#pid = pid;
    this.#fd = fd;
    this.#deadline = deadline;
  }

  /** The object behind a mapping; undefined where we may not open it. */
  static open(pid: number, mapping: Mapping, deadline?: StopDeadline): SharedFile | undefined {
    const address = (vpn: number): string => vaddrOf(vpn).toString(16);
    const path = procPath(pid, `map_files/${address(mapping.startVpn)}-${address(mapping.endVpn)}`);
    try {
      return new SharedFile(pid, fs.openSync(path, 'r'), { name: mapping.path, deadline });
    } catch (cause) {
      if (NOT_TO_BE_OPENED.includes(errnoOf(cause))) return undefined;
      throw targetFailure(pid, 'opening map_files', cause);
    }
  }

  /** Whether all of it is searched by `pagesBeside`. */
  get isSearchable(): boolean {
    return this.sizeBytes <= MAX_SEARCH_BYTES;
  }

  /** Zero behind the end. @throws {CaptureError} `TARGET_CHANGED` when the object has become shorter */
  readSync(offset: number, into: Uint8Array): number {
    const got = this.#read(offset, into);
    // the last page may end behind the object
    if (offset + got >= this.sizeBytes) into.fill(0, got);
    if (got === into.length || offset + got >= this.sizeBytes) return into.length;
    throw new CaptureError('TARGET_CHANGED', {
      at: { offset: offset + got, path: '' },
      what: `${this.name} of process ${String(this.#pid)} became shorter`,
    });
  }

  close(): void {
    fs.closeSync(this.#fd);
  }

  /** The pages outside `known` that are not zero, with their place in the object; stops when `limit` are found. */
  pagesBeside(known: PageRuns, limit: number): PageRuns {
    if (limit <= 0 || !this.isSearchable) return NO_PAGES;
    const builder = new PageRunsBuilder();
    let left = limit;
    const take: TakePages = (index, nrPages) => {
      builder.add(index, nrPages, index * PAGE_BYTES);
      left -= nrPages;
      return left > 0;
    };
    const endPages = Math.ceil(this.sizeBytes / PAGE_BYTES);
    for (let run = 0, index = 0; run <= known.count && index < endPages; run++) {
      const end = run < known.count ? Math.min(endPages, known.vpn[run] ?? 0) : endPages;
      if (index < end && !this.#searchPages(index, end, take)) break;
      index = (known.vpn[run] ?? 0) + (known.nrPages[run] ?? 0);
    }
    return builder.take();
  }

  #searchPages(index: number, end: number, take: TakePages): boolean {
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, (end - index) * PAGE_BYTES));
    for (let at = index; at < end; at += CHUNK_BYTES / PAGE_BYTES) {
      const length = this.#read(at * PAGE_BYTES, buffer.subarray(0, (end - at) * PAGE_BYTES));
      if (!takeNotZero(buffer, length, at, take)) return false;
    }
    return true;
  }

  #read(offset: number, into: Uint8Array): number {
    const got = this.#readAnyTime(offset, into);
    this.#deadline?.check();
    return got;
  }

  #readAnyTime(offset: number, into: Uint8Array): number {
    try {
      return preadFully(this.#fd, offset, into);
    } catch (cause) {
      throw targetFailure(this.#pid, `reading ${this.name}`, cause);
    }
  }
}

function takeNotZero(buffer: Buffer, length: number, firstIndex: number, take: TakePages): boolean {
  if (buffer.compare(ZEROS, 0, length, 0, length) === 0) return true;
  for (let at = 0; at < length; at += PAGE_BYTES) {
    const end = Math.min(length, at + PAGE_BYTES);
    const isZero = buffer.compare(ZEROS, 0, end - at, at, end) === 0;
    if (!isZero && !take(firstIndex + at / PAGE_BYTES, 1)) return false;
  }
  return true;
}

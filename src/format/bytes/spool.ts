import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { FileSource } from './file-source.js';
import { PipeSink } from './pipe.js';
import type { ByteSink } from './sink.js';
import type { ByteSource } from './source.js';

const PIECE_BYTES = 1024 * 1024;

/** A temporary file without a name: written first, then read. It goes away with us, whatever ends first. */
export class Spool {
  readonly #fd: number;
  readonly sink: ByteSink;

  constructor(name: string) {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'crit-'));
    this.#fd = fs.openSync(path.join(directory, 'spool'), 'wx+', 0o600);
    fs.rmSync(directory, { recursive: true });
    this.sink = new PipeSink(this.#fd, `${name} in a temporary file`);
  }

  /** What was written. The source closes the file; without it `close` does. */
  source(name: string): FileSource {
    return new FileSource(this.#fd, name);
  }

  close(): void {
    fs.closeSync(this.#fd);
  }
}

/**
 * Copies all of a source that can only be read forwards into a temporary file, and closes it.
 *
 * @throws {IoError} `WRITE_FAILED`, and what reading throws
 */
export async function spool(source: ByteSource): Promise<FileSource> {
  const kept = new Spool(source.name);
  try {
    await copyAll(source, kept.sink);
    return kept.source(source.name);
  } catch (error) {
    kept.close();
    throw error;
  } finally {
    await source.close();
  }
}

/** Copies a source to its end; neither is closed. */
export async function copyAll(source: ByteSource, sink: ByteSink): Promise<void> {
  const piece = new Uint8Array(PIECE_BYTES);
  for (let offset = 0; ;) {
    const got = await source.read(offset, piece);
    if (got === 0) return;
    await sink.write(piece.subarray(0, got));
    offset += got;
  }
}

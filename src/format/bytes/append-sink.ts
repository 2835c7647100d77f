import * as fs from 'node:fs';
import { writeFailure, pwriteFully } from './file-sink.js';
import type { ByteSink } from './sink.js';

/** Writes behind what a file has, in place of whatever follows `offset`. `abort` cuts the file there. */
export class AppendSink implements ByteSink {
  readonly name: string;
  readonly #fd: number;
  readonly #offset: number;
  #position = 0;

  /** @throws {IoError} `WRITE_FAILED` */
  constructor(file: string, offset: number) {
    this.name = file;
    this.#offset = offset;
    try {
      this.#fd = fs.openSync(file, 'r+');
    } catch (cause) {
      throw writeFailure(file, cause);
    }
  }

  get position(): number {
    return this.#position;
  }

  write(bytes: Uint8Array): void {
    try {
      pwriteFully(this.#fd, bytes, this.#offset + this.#position);
    } catch (cause) {
      throw writeFailure(this.name, cause);
    }
    this.#position += bytes.length;
  }

  commit(): Promise<void> {
    return this.#end(this.#offset + this.#position);
  }

  abort(): Promise<void> {
    return this.#end(this.#offset);
  }

  #end(fileBytes: number): Promise<void> {
    return new Promise((resolve) => {
      try {
        fs.ftruncateSync(this.#fd, fileBytes);
        fs.fsyncSync(this.#fd);
      } catch (cause) {
        throw writeFailure(this.name, cause);
      } finally {
        fs.closeSync(this.#fd);
      }
      resolve();
    });
  }
}

import * as fs from 'node:fs';
import { openFile } from '../format/bytes/file.js';
import type { ByteSource } from '../format/bytes/source.js';
import { printable } from './render/printable.js';

/** The mapped files as they are on this machine now, each opened once. Says so on standard error. */
export class BackingFiles {
  readonly #opened = new Map<string, ByteSource | undefined>();

  /** A file; undefined for what is none, or is not there. */
  readonly find = (path: string): Promise<ByteSource | undefined> => {
    if (!this.#opened.has(path)) this.#opened.set(path, this.#open(path));
    return Promise.resolve(this.#opened.get(path));
  };

  #open(path: string): ByteSource | undefined {
    const source = openSeekable(path);
    const what = source ? 'is taken as it is here today' : 'cannot be read here';
    process.stderr.write(`crit: ${printable(path)} ${what}\n`);
    return source;
  }

  async close(): Promise<void> {
    for (const source of this.#opened.values()) await source?.close();
  }
}

function openSeekable(path: string): ByteSource | undefined {
  try {
    // others may block, or act on being opened
    return fs.statSync(path).isFile() ? openFile(path) : undefined;
  } catch {
    // why does not matter: its bytes are not there to be read
    return undefined;
  }
}

import * as fs from 'node:fs';
import { FileSink, writeFailure } from './file-sink.js';
import { FileSource, readFailure } from './file-source.js';
import { PipeSink, PipeSource } from './pipe.js';
import type { ByteSource } from './source.js';

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

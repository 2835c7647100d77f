import { realpathSync, statSync, type BigIntStats } from 'node:fs';
import * as path from 'node:path';
import { openFile } from '../format/bytes/file.js';
import { readFailure } from '../format/bytes/file-source.js';
import { FormatError } from '../format/errors.js';
import type { LayerFile } from './chain.js';
import { openSidecar } from './sidecar.js';

function missing(what: string, expected: string, actual: string): FormatError {
  return new FormatError('PARENT_MISSING', { at: { path: 'parent' }, what, expected, actual });
}

/** @throws {IoError} `READ_FAILED` */
function statOf(file: string): BigIntStats {
  try {
    return statSync(file, { bigint: true });
  } catch (cause) {
    throw readFailure(file, cause);
  }
}

/** The file that a link in the image `child` leads to. @throws {FormatError} `PARENT_MISSING` {IoError} `READ_FAILED` */
function linkedFile(child: string, link: string): string {
  if (path.isAbsolute(link)) throw missing('link to the parent', 'a path from the directory of the image', link);
  let directory: string;
  try {
    // a symbolic link to an image has no parents beside it
    directory = path.dirname(realpathSync(child));
  } catch (cause) {
    throw readFailure(child, cause);
  }
  const file = path.join(directory, link);
  // opening a fifo would wait for who writes it, and opening a device may act on it
  if (!statOf(file).isFile()) throw missing('what the link to the parent leads to', 'a regular file', file);
  return file;
}

/** A file, with links that are taken from its directory. @throws {IoError} `READ_FAILED` */
export function layerFile(file: string, source = openFile(file)): LayerFile {
  const { dev, ino } = statOf(file);
  return {
    source,
    // device and inode, which all names of a file share
    key: `${String(dev)}:${String(ino)}`,
    openSidecar: () => openSidecar(file),
    openParent: (link) => layerFile(linkedFile(file, link)),
  };
}

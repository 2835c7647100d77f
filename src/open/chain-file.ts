import { realpathSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { openFile } from '../format/bytes/file.js';
import { FormatError } from '../format/errors.js';
import type { LayerFile } from './chain.js';
import { openSidecar } from './sidecar.js';

/** Device and inode of a file, which all its names share; the name of what is not there. */
function keyOf(file: string): string {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat ? `${String(stat.dev)}:${String(stat.ino)}` : file;
}

/** The file that a link in the image `child` leads to. @throws {FormatError} `PARENT_MISSING` for a link that is absolute */
export function linkedFile(child: string, link: string): string {
  if (path.isAbsolute(link)) {
    const facts = { what: 'link to the parent', expected: 'a path from the directory of the image', actual: link };
    throw new FormatError('PARENT_MISSING', { at: { path: 'parent' }, ...facts });
  }
  // a symbolic link to an image has no parents beside it
  return path.join(path.dirname(realpathSync(child)), link);
}

/** A file, with links that are taken from its directory. @throws {IoError} `READ_FAILED` */
export function layerFile(file: string, source = openFile(file)): LayerFile {
  return {
    source,
    key: keyOf(file),
    openSidecar: () => openSidecar(file),
    openParent: (link) => layerFile(linkedFile(file, link)),
  };
}

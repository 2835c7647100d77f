import { existsSync } from 'node:fs';
import { openFile } from '../format/bytes/file.js';
import { isHttpUrl } from '../format/bytes/http-url.js';
import type { ByteSource } from '../format/bytes/source.js';

/** What is added to the name of an image for that of the index beside it. */
export const SIDECAR_SUFFIX = '.idx';

/** The index beside a file, if there is one. @throws {IoError} `READ_FAILED` */
export function openSidecar(path: string): ByteSource | undefined {
  const file = `${path}${SIDECAR_SUFFIX}`;
  return !isHttpUrl(path) && existsSync(file) ? openFile(file) : undefined;
}

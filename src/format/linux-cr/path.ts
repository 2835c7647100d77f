import { encodeText } from '../bytes/text.js';
import { FormatError } from '../errors.js';

/** Longest path with its NUL. */
export const PATH_MAX_BYTES = 4096;

/** Text with the NUL that ends it. @throws {FormatError} `CANNOT_HOLD` */
export function nameBytes(name: string, path: string): Uint8Array {
  const bytes = encodeText(`${name}\0`);
  if (bytes.length <= PATH_MAX_BYTES) return bytes;
  const at = { path };
  throw new FormatError('CANNOT_HOLD', {
    at,
    what: 'path length',
    expected: `at most ${String(PATH_MAX_BYTES)}`,
    actual: bytes.length,
  });
}

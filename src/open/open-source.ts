import type { ByteSource } from '../format/bytes/source.js';
import { isHttpUrl } from '../format/bytes/http-url.js';
import { openWebSource, type OpenSourceOptions, type WebReference } from './web-source.js';

const FILE_PROTOCOL = 'file:';

/**
 * The bytes behind a path, a URL (`http:`, `https:`, `file:`), a Blob, bytes in memory or a source, which is given back as it
 * is. A string is a path unless it starts with `http://` or `https://`. A path that can only be read forwards gives a source
 * that is not seekable.
 *
 * @throws {UsageError} `BAD_ARGUMENT`; {IoError} `NO_RANGES`, `READ_FAILED`
 */
export async function openSource(what: WebReference, options: OpenSourceOptions = {}): Promise<ByteSource> {
  if (typeof what === 'string' && !isHttpUrl(what)) return openPath(what, options);
  if (what instanceof URL && what.protocol === FILE_PROTOCOL)
    return openPath((await import('node:url')).fileURLToPath(what), options);
  return openWebSource(what, options);
}

async function openPath(path: string, { name }: OpenSourceOptions): Promise<ByteSource> {
  // loaded only then: browsers have no files
  const { openFile } = await import('../format/bytes/file.js');
  return openFile(path, name);
}

import { BlobSource } from '../format/bytes/blob.js';
import type { BlockCacheOptions } from '../format/bytes/block-cache.js';
import type { HttpOptions } from '../format/bytes/http-target.js';
import { HttpSource } from '../format/bytes/http.js';
import { MemorySource } from '../format/bytes/memory.js';
import type { ByteSource } from '../format/bytes/source.js';

/** How bytes are got at; what a kind of source has no use for is left aside. */
export interface OpenSourceOptions extends HttpOptions, BlockCacheOptions {
  /** What messages call it; by default its own name, path or URL. A URL keeps its own. */
  readonly name?: string | undefined;
}

/** Everything that bytes can be read from in a browser. */
export type WebReference = string | URL | Blob | Uint8Array | ByteSource;

/** A text as a URL, which in a page may be relative to it. */
function absolute(url: string): string | URL {
  const page = (globalThis as { location?: { href: string } }).location?.href;
  return URL.canParse(url, page) ? new URL(url, page) : url;
}

/**
 * The bytes behind a URL or of what is at hand. A source is given back as it is.
 *
 * @throws {UsageError} `BAD_ARGUMENT`; {IoError} `NO_RANGES`, `READ_FAILED`
 */
export async function openWebSource(what: WebReference, options: OpenSourceOptions = {}): Promise<ByteSource> {
  if (typeof what === 'string') return HttpSource.open(absolute(what), options);
  if (what instanceof Uint8Array) return new MemorySource(what, options.name);
  if (what instanceof Blob) return new BlobSource(what, options.name, options);
  return 'read' in what ? what : HttpSource.open(what, options);
}

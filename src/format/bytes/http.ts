import { BLOCK_BYTES, BlockCache, type BlockCacheOptions } from './block-cache.js';
import { checkOpening, checkPart, type FileIdentity } from './http-answer.js';
import { readBody, requestRange, type Outcome } from './http-request.js';
import { httpTarget, type HttpOptions, type HttpTarget } from './http-target.js';
import type { ByteSource, ReadOptions } from './source.js';

export interface HttpSourceOptions extends HttpOptions, BlockCacheOptions {}

/** A file on a server: every read is a request. */
function remoteFile(target: HttpTarget, file: FileIdentity, lifetime: AbortSignal | undefined): ByteSource {
  const { size } = file;
  const read = async (offset: number, into: Uint8Array, { signal }: ReadOptions = {}): Promise<number> => {
    const wanted = { start: offset, end: Math.min(size, offset + into.length) };
    if (wanted.end <= offset) return 0;
    const part = into.subarray(0, wanted.end - offset);
    const range = `bytes=${String(offset)}-${String(wanted.end - 1)}`;
    const take = (response: Response, more: () => void): Promise<Outcome<Uint8Array>> => {
      checkPart(target, response, file, wanted);
      return readBody(target, response, part, more);
    };
    await requestRange(target, range, take, eitherOf(signal, lifetime));
    return part.length;
  };
  return { name: target.name, size, isSeekable: true, read, close: () => Promise.resolve() };
}

function eitherOf(a: AbortSignal | undefined, b: AbortSignal | undefined): AbortSignal | undefined {
  return a && b ? AbortSignal.any([a, b]) : (a ?? b);
}

/**
 * A file behind http or https, read in ranges through a block cache. Opening it is one request, which learns the size and
 * brings the last 64 KiB. Every answer must be about the file that was opened: its size, and its ETag or Last-Modified.
 */
export class HttpSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly isSeekable = true;
  readonly #cache: BlockCache;

  private constructor(cache: BlockCache) {
    this.#cache = cache;
    this.name = cache.name;
    this.size = cache.size;
  }

  /**
   * @param url  user and password in it are sent as basic authorization; messages show neither them nor the query
   * @throws {UsageError} `BAD_ARGUMENT`; {IoError} `NO_RANGES`, `READ_FAILED`
   */
  static async open(url: string | URL, options: HttpSourceOptions = {}): Promise<HttpSource> {
    const target = httpTarget(url, options);
    const range = `bytes=-${String(BLOCK_BYTES)}`;
    const take = (response: Response, more: () => void) => takeOpening(target, response, more);
    const { file, tail } = await requestRange(target, range, take, options.signal);
    return new HttpSource(new BlockCache(remoteFile(target, file, options.signal), options, tail));
  }

  /** @throws {IoError} `SOURCE_CHANGED`, `NO_RANGES`, `READ_FAILED`; the reason of the signal */
  read(offset: number, into: Uint8Array, options?: ReadOptions): Promise<number> {
    return this.#cache.read(offset, into, options);
  }

  close(): Promise<void> {
    return this.#cache.close();
  }
}

interface Opened {
  readonly file: FileIdentity;
  readonly tail: Uint8Array<ArrayBuffer>;
}

async function takeOpening(target: HttpTarget, response: Response, more: () => void): Promise<Outcome<Opened>> {
  const { file, range } = checkOpening(target, response, BLOCK_BYTES);
  const tail = new Uint8Array(range ? range.end - range.start : 0);
  if (!range) {
    // an explanation for people, at most
    await response.body?.cancel();
    return { done: { file, tail } };
  }
  const body = await readBody(target, response, tail, more);
  return 'failed' in body ? body : { done: { file, tail } };
}

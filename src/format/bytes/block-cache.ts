import { LRUCache } from 'lru-cache';
import { IoError } from '../errors.js';
import { orAborted } from './abort.js';
import { Readahead } from './readahead.js';
import type { ByteSource, ReadOptions } from './source.js';

/** What is asked for at once, and kept or dropped as one. */
export const BLOCK_BYTES = 64 * 1024;
const CACHE_BYTES = 64 * 1024 * 1024;
const MAX_REQUEST_BYTES = 4 * 1024 * 1024;

export interface BlockCacheOptions {
  /** Default 64 MiB. */
  readonly cacheBytes?: number | undefined;
  /** The most that is asked for at once; default 4 MiB. */
  readonly maxRequestBytes?: number | undefined;
}

/** Blocks on their way. */
interface BlockRequest {
  readonly first: number;
  readonly last: number;
  /** Of the first block, in the source. */
  readonly start: number;
  readonly bytes: Promise<Uint8Array>;
  /** Gives the request up. */
  readonly stop: AbortController;
  /** Reads that wait for it; without any it is given up. */
  nrWaiting: number;
}

/** Bytes of the source from `start` on. */
interface Part {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/**
 * Keeps what was read from a slow source, and asks it for few large ranges: what one read misses is one request of at most
 * 4 MiB, whoever reads on gets more each time, and reads of the same blocks share a request. Blocks are counted from the
 * end of the source, so that its last 64 KiB are one.
 */
export class BlockCache implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly isSeekable = true;
  readonly #source: ByteSource;
  readonly #blocks: LRUCache<number, Uint8Array>;
  readonly #requests = new Map<number, BlockRequest>();
  readonly #readahead: Readahead;
  readonly #maxBlocks: number;
  /** How many bytes of block 0 would lie before the source. */
  readonly #lead: number;
  #isClosed = false;

  /** @param tail  the last bytes of the source, where they are there already */
  constructor(source: ByteSource, options: BlockCacheOptions = {}, tail = new Uint8Array(0)) {
    this.#source = source;
    this.name = source.name;
    this.size = source.size;
    this.#lead = (BLOCK_BYTES - (source.size % BLOCK_BYTES)) % BLOCK_BYTES;
    this.#maxBlocks = Math.max(1, Math.floor((options.maxRequestBytes ?? MAX_REQUEST_BYTES) / BLOCK_BYTES));
    this.#readahead = new Readahead(this.#maxBlocks);
    this.#blocks = new LRUCache({
      maxSize: Math.max(BLOCK_BYTES, options.cacheBytes ?? CACHE_BYTES),
      sizeCalculation: (block: Uint8Array) => block.length,
    });
    const last = this.#blockOf(this.size - 1);
    if (this.size > 0 && tail.length >= this.size - this.#startOf(last))
      this.#blocks.set(last, tail.slice(this.#startOf(last) - this.size));
  }

  /**
   * Copies from the cache what is there, without waiting, and requests the rest.
   *
   * @throws what the source throws; {IoError} `SOURCE_CHANGED` where it is shorter than it said, `READ_FAILED` when closed;
   *   the reason of the signal, which leaves other reads alone
   */
  async read(offset: number, into: Uint8Array, { signal }: ReadOptions = {}): Promise<number> {
    signal?.throwIfAborted();
    if (this.#isClosed) throw new IoError('READ_FAILED', { what: `${this.name} is closed` });
    const end = Math.min(offset + into.length, this.size);
    for (let at = offset; at < end;) {
      const pieceEnd = Math.min(end, this.#startOf(this.#blockOf(at) + this.#maxBlocks));
      const wanted = into.subarray(at - offset, pieceEnd - offset);
      const parts = this.#partsOf(this.#blockOf(at), this.#blockOf(pieceEnd - 1));
      for (const { start, bytes } of Array.isArray(parts) ? parts : await this.#wait(parts, signal))
        copyOverlap(start, bytes, at, wanted);
      at = pieceEnd;
    }
    return Math.max(0, end - offset);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { stop } of this.#requests.values())
      stop.abort(new IoError('READ_FAILED', { what: `${this.name} was closed while it was read` }));
    this.#blocks.clear();
    await this.#source.close();
  }

  #blockOf(offset: number): number {
    return Math.floor((offset + this.#lead) / BLOCK_BYTES);
  }

  #startOf(block: number): number {
    return Math.max(0, block * BLOCK_BYTES - this.#lead);
  }

  /** The blocks, or what has to be waited for. */
  #partsOf(first: number, last: number): Part[] | Wanted {
    const parts: Part[] = [];
    const missing: number[] = [];
    const pending = new Set<BlockRequest>();
    for (let block = first; block <= last; block++) {
      const bytes = this.#blocks.get(block);
      const request = bytes ? undefined : this.#requests.get(block);
      if (bytes) parts.push({ start: this.#startOf(block), bytes });
      else if (request) pending.add(request);
      else missing.push(block);
    }
    const window = this.#readahead.follow(first, last, missing.length > 0);
    const [from, to] = [missing[0], missing.at(-1)];
    if (from !== undefined && to !== undefined)
      pending.add(this.#request(from, to === last ? this.#extended(from, to, window) : to));
    return pending.size === 0 ? parts : { parts, pending };
  }

  /** The last block of a request that reaches ahead, up to what is there already. */
  #extended(from: number, to: number, window: number): number {
    const end = Math.min(from + window - 1, this.#blockOf(this.size - 1));
    for (let block = to + 1; block <= end; block++)
      if (this.#blocks.has(block) || this.#requests.has(block)) return block - 1;
    return Math.max(to, end);
  }

  #request(first: number, last: number): BlockRequest {
    const stop = new AbortController();
    const start = this.#startOf(first);
    const request = { first, last, start, bytes: this.#load(first, last, stop.signal), stop, nrWaiting: 0 };
    for (let block = first; block <= last; block++) this.#requests.set(block, request);
    const done = (): void => {
      this.#forget(request);
    };
    request.bytes.then(done, done);
    return request;
  }

  #forget(request: BlockRequest): void {
    for (let block = request.first; block <= request.last; block++)
      if (this.#requests.get(block) === request) this.#requests.delete(block);
  }

  async #load(first: number, last: number, signal: AbortSignal): Promise<Uint8Array> {
    const start = this.#startOf(first);
    const bytes = new Uint8Array(this.#startOf(last + 1) - start);
    const got = await this.#source.read(start, bytes, { signal });
    if (got < bytes.length)
      throw new IoError('SOURCE_CHANGED', {
        what: `size of ${this.name}`,
        at: { offset: start + got },
        expected: this.size,
        actual: start + got,
      });
    for (let block = first; block <= last; block++) {
      const at = this.#startOf(block) - start;
      // copies: a block that stays would keep the whole request in memory
      this.#blocks.set(block, first === last ? bytes : bytes.slice(at, this.#startOf(block + 1) - start));
    }
    return bytes;
  }

  async #wait({ parts, pending }: Wanted, signal: AbortSignal | undefined): Promise<Part[]> {
    const requests = [...pending];
    for (const request of requests) request.nrWaiting++;
    const all = Promise.all(requests.map(async ({ start, bytes }) => ({ start, bytes: await bytes })));
    try {
      return [...parts, ...(await orAborted(all, signal))];
    } finally {
      for (const request of requests) this.#leave(request);
    }
  }

  #leave(request: BlockRequest): void {
    request.nrWaiting--;
    if (request.nrWaiting > 0) return;
    // at once: who comes now must not get what is being given up
    this.#forget(request);
    request.stop.abort();
  }
}

/** Blocks that are there and requests for others. */
interface Wanted {
  readonly parts: readonly Part[];
  readonly pending: ReadonlySet<BlockRequest>;
}

/** Copies what lies in both ranges of the source. */
function copyOverlap(start: number, bytes: Uint8Array, at: number, into: Uint8Array): void {
  const from = Math.max(start, at);
  const to = Math.min(start + bytes.length, at + into.length);
  if (from < to) into.set(bytes.subarray(from - start, to - start), from - at);
}

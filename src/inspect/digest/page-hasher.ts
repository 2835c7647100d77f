import { nextTurn } from '../../format/bytes/turn.js';
import { PAGE_BYTES } from '../../format/model/page.js';
import { dropZeroPages, leafBytes, nextBlock, openBlock, readBlock, type Block } from './block.js';
import { DIGEST_BYTES, sha256 } from './sha256.js';
import type { ByteSource } from '../../format/bytes/source.js';
import type { PageRuns } from '../../format/model/page-runs.js';

/** Blocks in flight: more make it no faster, as the threads that Node hashes with are four. */
const LANES = 6;
const INDEX_BYTES = 8;
const ENTRY_BYTES = INDEX_BYTES + DIGEST_BYTES;
const FIRST_ENTRIES = 16;
/** After so many pages other work gets a turn, so that an interrupt is seen. */
const TURN_PAGES = (32 * 1024 * 1024) / PAGE_BYTES;

export interface DigestOptions {
  /** Looked at before each MiB. */
  readonly signal?: AbortSignal | undefined;
  /** Called about every 32 MiB, and at the end. */
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

interface Lane {
  readonly block: Block;
  /** Done when the block may be overwritten. */
  free: Promise<void>;
}

/** Block numbers and leaves, one behind the other: what the digest of pages is made of. */
class Leaves {
  #bytes = new Uint8Array(FIRST_ENTRIES * ENTRY_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #count = 0;

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#count * ENTRY_BYTES);
  }

  /** Makes room for a leaf that is not there yet. Returns its index. */
  claim(block: number): number {
    if (this.#bytes.length < (this.#count + 1) * ENTRY_BYTES) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#view.setBigUint64(this.#count * ENTRY_BYTES, BigInt(block), true);
    return this.#count++;
  }

  put(index: number, leaf: Uint8Array): void {
    this.#bytes.set(leaf, index * ENTRY_BYTES + INDEX_BYTES);
  }
}

/** The digest of the pages of one mapping. */
export interface PagesDigest {
  readonly digest: Uint8Array;
  /** How many pages count. */
  readonly pages: number;
}

/** Hashes pages: reads a block while others are hashed in other threads. Its buffers are made once, where there are pages. */
export class PageHasher {
  readonly #source: ByteSource;
  readonly #totalPages: number;
  readonly #options: DigestOptions;
  readonly #lanes: Lane[] = [];
  #empty: Promise<Uint8Array> | undefined;
  #turn = 0;
  #donePages = 0;
  #turnAt = TURN_PAGES;

  /** @param totalPages  for progress */
  constructor(source: ByteSource, totalPages: number, options: DigestOptions) {
    this.#source = source;
    this.#totalPages = totalPages;
    this.#options = options;
  }

  /**
   * The digest of pages.
   *
   * @param isZeroBacked  whether a page of zeros is as good as none
   * @throws {FormatError} `TRUNCATED`; the reason of the signal
   */
  async digest(runs: PageRuns, isZeroBacked: boolean): Promise<PagesDigest> {
    if (runs.count === 0) return { digest: await this.#noPages(), pages: 0 };
    const leaves = new Leaves();
    const cursor = { runs, run: 0, page: 0 };
    let pages = 0;
    try {
      while (cursor.run < runs.count) {
        this.#options.signal?.throwIfAborted();
        const lane = await this.#nextLane();
        const { block } = lane;
        const index = nextBlock(cursor);
        await readBlock(block, cursor, this.#source);
        this.#donePages += block.nrPages;
        if (isZeroBacked) dropZeroPages(block);
        if (block.nrPages > 0) lane.free = hashInto(leaves, leaves.claim(index), block);
        pages += block.nrPages;
        if (this.#donePages >= this.#turnAt) await this.#giveTurn();
      }
    } finally {
      await Promise.all(this.#lanes.map(({ free }) => free));
    }
    return { digest: await sha256(leaves.bytes()), pages };
  }

  /** Of mappings without pages there may be many. */
  #noPages(): Promise<Uint8Array> {
    this.#empty ??= sha256(new Uint8Array(0));
    return this.#empty;
  }

  /** Tells that all is done. */
  end(): void {
    this.#options.onProgress?.(this.#totalPages * PAGE_BYTES, this.#totalPages * PAGE_BYTES);
  }

  /** The lane that was given least lately, free again. */
  async #nextLane(): Promise<Lane> {
    const known = this.#lanes[this.#turn];
    const lane = known ?? { block: openBlock(), free: Promise.resolve() };
    this.#lanes[this.#turn] = lane;
    this.#turn = (this.#turn + 1) % LANES;
    await lane.free;
    return lane;
  }

  async #giveTurn(): Promise<void> {
    this.#turnAt = this.#donePages + TURN_PAGES;
    this.#options.onProgress?.(this.#donePages * PAGE_BYTES, this.#totalPages * PAGE_BYTES);
    await nextTurn();
  }
}

async function hashInto(leaves: Leaves, index: number, block: Block): Promise<void> {
  leaves.put(index, await sha256(leafBytes(block)));
}

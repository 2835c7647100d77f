import { LRUCache } from 'lru-cache';
import { fill, type ByteSource } from '../bytes/source.js';
import { NO_PAGES } from '../model/page-runs.js';
import type { PageTable, RunBlock } from '../model/page-table.js';
import type { BlockColumns, StoredArea } from './root.js';
import { indexDamaged } from './columns.js';
import { xxh64Of } from './digest.js';
import { blockBytes, decodeBlock } from './run-block.js';

/** Blocks that stay in memory: 20 MiB of them. */
const CACHED_BLOCKS = 256;
/** A mapping without pages has no block. */
const EMPTY: RunBlock = { startVpn: 0, endVpn: Infinity, runs: NO_PAGES };

/** Where the blocks of an index are read from. */
export interface BlockStore {
  readonly source: ByteSource;
  /** Where the first block lies. */
  readonly offset: number;
  readonly columns: BlockColumns;
  /** No contents lie behind it. */
  readonly endOffset: number;
}

/** Loads blocks and keeps those that were used last. */
export class BlockLoader {
  readonly #store: BlockStore;
  readonly #cache = new LRUCache<number, RunBlock>({ max: CACHED_BLOCKS });

  constructor(store: BlockStore) {
    this.#store = store;
  }

  get columns(): BlockColumns {
    return this.#store.columns;
  }

  /** @throws {FormatError} `INDEX_DAMAGED` */
  load(index: number, startVpn: number, endVpn: number): RunBlock | Promise<RunBlock> {
    const known = this.#cache.get(index);
    if (known) return known;
    const { source, offset, columns } = this.#store;
    const bytes = new Uint8Array(blockBytes(columns.runs[index] ?? 0));
    const got = fill(source, offset + (columns.offset[index] ?? 0), bytes);
    if (typeof got === 'number') return this.#decode(index, bytes.subarray(0, got), startVpn, endVpn);
    return got.then((count) => this.#decode(index, bytes.subarray(0, count), startVpn, endVpn));
  }

  #decode(index: number, bytes: Uint8Array, startVpn: number, endVpn: number): RunBlock {
    const { columns, endOffset } = this.#store;
    if (xxh64Of(bytes) !== columns.digest[index]) throw indexDamaged('a page table has another digest');
    const runs = decodeBlock(bytes, columns.runs[index] ?? 0, endOffset);
    const last = runs.count - 1;
    const end = (runs.vpn[last] ?? 0) + (runs.nrPages[last] ?? 0);
    if ((runs.vpn[0] ?? 0) < startVpn || end > endVpn) throw indexDamaged('a page run lies outside its block');
    const block: RunBlock = { startVpn, endVpn, runs };
    this.#cache.set(index, block);
    return block;
  }
}

/** The page table of one mapping, in blocks that are loaded when they are asked for. */
export class StoredPageTable implements PageTable {
  readonly totalPages: number;
  readonly runCount: number;
  readonly #loader: BlockLoader;
  readonly #first: number;
  readonly #count: number;

  constructor(area: StoredArea, loader: BlockLoader) {
    this.totalPages = area.totalPages;
    this.runCount = area.runCount;
    this.#first = area.firstBlock;
    this.#count = area.blockCount;
    this.#loader = loader;
  }

  block(vpn: number): RunBlock | Promise<RunBlock> {
    if (this.#count === 0) return EMPTY;
    const { startVpn } = this.#loader.columns;
    let low = 0;
    let high = this.#count - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((startVpn[this.#first + middle] ?? 0) <= vpn) low = middle;
      else high = middle - 1;
    }
    const index = this.#first + low;
    // the first block speaks for all before it, the last for all behind it
    const start = low === 0 ? 0 : (startVpn[index] ?? 0);
    return this.#loader.load(index, start, low === this.#count - 1 ? Infinity : (startVpn[index + 1] ?? 0));
  }
}

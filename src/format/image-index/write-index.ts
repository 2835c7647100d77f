import { encode } from '@msgpack/msgpack';
import { loadXxh64 } from '../bytes/xxhash.js';
import type { ChunkDigests } from '../model/chunk-digests.js';
import type { CaptureFacts, Image, ImageFormat, ParentLink } from '../model/image.js';
import type { MappedArea, MappedSpace } from '../model/memory-map.js';
import { vpnOf } from '../model/page.js';
import { bytesOf } from './columns.js';
import { xxh64Of } from './digest.js';
import { encodeIndexHead, encodeIndexTail } from './frame.js';
import { encodeRoot } from './encode-root.js';
import { type BlockColumns, type IndexedFile, type StoredArea, type StoredSpace } from './root.js';
import { BLOCK_RUNS, encodeBlock } from './run-block.js';

/** What an index tells. */
export interface IndexFacts {
  readonly file: IndexedFile;
  readonly format: ImageFormat;
  readonly spaces: readonly MappedSpace[];
  readonly chunks?: ChunkDigests | undefined;
  /** Of an incremental image. */
  readonly parent?: ParentLink | undefined;
  /** Of any other, how it was taken: the stream has no room for that. */
  readonly capture?: CaptureFacts | undefined;
}

/** What an index tells of an image that neither its stream nor its memory does, and of an incremental one its parent. */
export function factsBeside({
  parent,
  capture,
}: Pick<Image, 'parent' | 'capture'>): Pick<IndexFacts, 'parent' | 'capture'> {
  return parent ? { parent } : { ...(capture && { capture }) };
}

/** Collects what the root says of each block. */
class BlockList {
  readonly #rows: { startVpn: number; offset: number; runs: number; digest: bigint }[] = [];
  #offset = 0;

  get count(): number {
    return this.#rows.length;
  }

  get bytes(): number {
    return this.#offset;
  }

  add(startVpn: number, runs: number, digest: bigint, bytes: number): void {
    this.#rows.push({ startVpn, offset: this.#offset, runs, digest });
    this.#offset += bytes;
  }

  columns(): BlockColumns {
    return {
      startVpn: Float64Array.from(this.#rows, ({ startVpn }) => startVpn),
      offset: Float64Array.from(this.#rows, ({ offset }) => offset),
      runs: Uint32Array.from(this.#rows, ({ runs }) => runs),
      digest: BigUint64Array.from(this.#rows, ({ digest }) => digest),
    };
  }
}

/**
 * Encodes an index in pieces, to be written one behind the other. The bytes depend on nothing but the facts.
 * Source: docs/format.md, the index.
 */
export async function* encodeIndex(facts: IndexFacts): AsyncGenerator<Uint8Array> {
  await loadXxh64();
  const blocks = new BlockList();
  const spaces: StoredSpace[] = [];
  yield encodeIndexHead();
  for (const { pids, comm, areas } of facts.spaces) {
    const stored: StoredArea[] = [];
    for (const area of areas) {
      const firstBlock = blocks.count;
      for await (const { runs, from, to } of piecesOf(area)) {
        const bytes = encodeBlock(runs, from, to);
        blocks.add(runs.vpn[from] ?? 0, to - from, xxh64Of(bytes), bytes.length);
        yield bytes;
      }
      stored.push(storedArea(area, firstBlock, blocks.count - firstBlock));
    }
    spaces.push({ pids, comm, areas: stored });
  }
  const { file, format, chunks, parent, capture } = facts;
  const root = encodeRoot({ file, format, spaces, blocks: blocks.columns(), chunks, parent, capture });
  const digest = bytesOf(BigUint64Array.of(xxh64Of(root)));
  const map = encode({ digest, root });
  yield map;
  yield encodeIndexTail(blocks.bytes, map.length);
}

function storedArea(area: MappedArea, firstBlock: number, blockCount: number): StoredArea {
  const { vm_start, vm_end, vm_page_prot, vm_flags, vm_pgoff, kind, kindName, name, pages, isWholeObject, uncaptured } =
    area;
  const { totalPages, runCount } = pages;
  const numbers = { vm_start, vm_end, vm_page_prot, vm_flags, vm_pgoff };
  return {
    ...numbers,
    kind,
    ...(kindName !== undefined && { kindName }),
    ...(isWholeObject && { isWholeObject }),
    ...(uncaptured && { uncaptured }),
    name,
    totalPages,
    runCount,
    firstBlock,
    blockCount,
  };
}

/** The runs of a page table, in pieces that fill a block at most. */
async function* piecesOf({ vm_start, vm_end, pages }: MappedArea) {
  if (pages.runCount === 0) return;
  const endVpn = vpnOf(vm_end);
  for (let vpn = vpnOf(vm_start); vpn < endVpn;) {
    const block = await pages.block(vpn);
    for (let from = 0; from < block.runs.count; from += BLOCK_RUNS) {
      yield { runs: block.runs, from, to: Math.min(from + BLOCK_RUNS, block.runs.count) };
    }
    vpn = block.endVpn;
  }
}

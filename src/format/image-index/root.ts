import type { ChunkDigests } from '../model/chunk-digests.js';
import type { CaptureFacts, ImageFormat, ParentLink } from '../model/image.js';
import type { MappedSpace } from '../model/memory-map.js';

/** Which file an index is of. */
export interface IndexedFile {
  /** Bytes of the image, without an index behind it. */
  readonly bytes: number;
  /** xxh64 of its first bytes, 8 bytes little endian. */
  readonly head: Uint8Array;
  /** When it was written last, in nanoseconds since the epoch: of an index in a file of its own. */
  readonly modifiedNs?: bigint | undefined;
}

/** Where the blocks of all page tables lie, in columns. */
export interface BlockColumns {
  /** First page that the block speaks for. */
  readonly startVpn: Float64Array;
  /** Bytes from the first block on. */
  readonly offset: Float64Array;
  readonly runs: Uint32Array;
  /** xxh64 of its bytes. */
  readonly digest: BigUint64Array;
}

/** A mapping as the root has it: its page table is a number of blocks. */
export type StoredArea = Omit<MappedSpace['areas'][number], 'pages'> & {
  readonly totalPages: number;
  readonly runCount: number;
  readonly firstBlock: number;
  readonly blockCount: number;
};

export interface StoredSpace extends Omit<MappedSpace, 'areas'> {
  readonly areas: readonly StoredArea[];
}

/** Everything in an index but the page tables. */
export interface IndexRoot {
  readonly file: IndexedFile;
  readonly format: ImageFormat;
  readonly spaces: readonly StoredSpace[];
  readonly blocks: BlockColumns;
  readonly chunks?: ChunkDigests | undefined;
  /** Of an incremental image: its memory is found by its chain, and not by this index alone. */
  readonly parent?: ParentLink | undefined;
  /** Of any other image: how it was taken. */
  readonly capture?: CaptureFacts | undefined;
}

/** Columns of the mappings: numbers of 64 bits, and those that count something, as doubles. */
export const ADDRESS_COLUMNS = ['vm_start', 'vm_end', 'vm_page_prot', 'vm_flags', 'vm_pgoff'] as const;
export const COUNT_COLUMNS = ['totalPages', 'runCount', 'firstBlock', 'blockCount'] as const;
/** In the column of name numbers: a mapping without one. */
export const NO_NAME = 0xffff_ffff;

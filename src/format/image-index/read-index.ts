import { decode } from '@msgpack/msgpack';
import { MemorySource } from '../bytes/memory.js';
import { readExactly, type ByteSource } from '../bytes/source.js';
import { loadXxh64 } from '../bytes/xxhash.js';
import { FormatError } from '../errors.js';
import type { ChunkDigests } from '../model/chunk-digests.js';
import type { CaptureFacts, ParentLink } from '../model/image.js';
import type { MemoryMap } from '../model/memory-map.js';
import { bytesOf, indexDamaged } from './columns.js';
import { INDEX_HEAD, INDEX_TAIL, INDEX_VERSION, beginsIndex, indexTailOf, type IndexTail } from './frame.js';
import { xxh64Of } from './digest.js';
import { headDigest } from './head-digest.js';
import { decodeRoot } from './decode-root.js';
import { imageIdOf } from './image-id.js';
import type { IndexRoot, IndexedFile } from './root.js';
import { BlockLoader, StoredPageTable } from './stored-table.js';

/** Read at once from the end, in the hope that the whole index is in it. */
const FIRST_READ_BYTES = 64 * 1024;
const EAGER_TABLE_BYTES = 8 * 1024 * 1024;
/** Most that the map may take: an image of a million mappings has 100 MiB. */
const MAX_MAP_BYTES = 512 * 1024 * 1024;

/** What an index tells of an image. */
export interface StoredIndex {
  readonly file: IndexedFile;
  /** Bytes that the index takes. */
  readonly indexBytes: number;
  /** The memory of the image; page tables are loaded when asked for. */
  readonly map: MemoryMap;
  readonly chunks: ChunkDigests | undefined;
  /** Of an incremental image: `map` then lacks what is left to its parent. */
  readonly parent: ParentLink | undefined;
  /** Of any other image: how it was taken. */
  readonly capture: CaptureFacts | undefined;
  /**
   * What an incremental image knows its parent by; undefined unless it was asked for and the index has digests of all bytes of the
   * image. The same for an index behind the image and one beside it.
   */
  readonly id: Uint8Array | undefined;
}

interface ReadIndexOptions {
  /** The image, where the index is in a file of its own. Default: the same source, the index is at its end. */
  readonly image?: ByteSource | undefined;
  /** Page tables that take no more are read together with the rest. Default 8 MiB: about 400,000 runs. */
  readonly eagerBytes?: number | undefined;
  /** Whether to tell the identity of the image. Default false. */
  readonly withId?: boolean | undefined;
}

/** The bytes at the end of a source, and where they begin. */
interface End {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * Reads the index at the end of a source in at most three reads, and checks that it is one of this image.
 *
 * @returns  undefined where there is none
 * @throws {FormatError} `INDEX_DAMAGED`, `INDEX_STALE`, `UNSUPPORTED` for a version that is not known
 */
export async function readIndex(source: ByteSource, options: ReadIndexOptions = {}): Promise<StoredIndex | undefined> {
  const { image = source, eagerBytes = EAGER_TABLE_BYTES, withId = false } = options;
  const first = await readEnd(source, FIRST_READ_BYTES);
  const extent = extentIn(first, source);
  if (!extent) return undefined;
  const { tablesOffset, mapOffset } = extent;
  const isEager = mapOffset - tablesOffset <= eagerBytes;
  const end = await rest(source, first, isEager ? tablesOffset : mapOffset);
  const { root, bytes } = await rootIn(end.bytes.subarray(mapOffset - end.offset, -INDEX_TAIL.size));
  if (image === source && root.file.bytes !== extent.offset) throw stale('it is of an image of another length');
  await checkFile(image, root.file);
  return {
    file: root.file,
    indexBytes: source.size - extent.offset,
    map: mapOf(root, image, tablesIn(source, end, extent)),
    chunks: root.chunks,
    parent: root.parent,
    capture: root.capture,
    id: withId ? await imageIdOf(root, bytes) : undefined,
  };
}

/** Where an index at the end of a source begins; undefined where there is none, or something that only looks like one. */
export async function findIndex(source: ByteSource): Promise<{ readonly offset: number } | undefined> {
  const end = await readEnd(source, INDEX_TAIL.size);
  const extent = extentIn(end, source);
  if (!extent) return undefined;
  const head = new Uint8Array(INDEX_HEAD.size);
  await readExactly(source, extent.offset, head, 'index');
  return beginsIndex(head) ? extent : undefined;
}

function extentIn(end: End, source: ByteSource): Extent | undefined {
  const tail = indexTailOf(end.bytes, source.size - INDEX_TAIL.size);
  return tail && extentOf(tail, source);
}

function stale(what: string): FormatError {
  return new FormatError('INDEX_STALE', { at: { path: 'index' }, what: `the index is stale: ${what}` });
}

/** Where the parts of an index lie. */
interface Extent {
  readonly offset: number;
  readonly tablesOffset: number;
  readonly mapOffset: number;
}

function extentOf({ version, tables_bytes, map_bytes }: IndexTail, source: ByteSource): Extent {
  if (version !== INDEX_VERSION) {
    const facts = { what: 'version of the index', expected: INDEX_VERSION, actual: version };
    throw new FormatError('UNSUPPORTED', { at: { path: 'index' }, ...facts });
  }
  const mapOffset = source.size - INDEX_TAIL.size - map_bytes;
  const tablesBytes = Number(tables_bytes);
  const tablesOffset = mapOffset - tablesBytes;
  const offset = tablesOffset - INDEX_HEAD.size;
  if (offset < 0 || map_bytes > MAX_MAP_BYTES) throw indexDamaged('it is longer than the file');
  return { offset, tablesOffset, mapOffset };
}

async function readEnd(source: ByteSource, bytes: number): Promise<End> {
  const offset = Math.max(0, source.size - bytes);
  const end = new Uint8Array(source.size - offset);
  await readExactly(source, offset, end, 'index');
  return { offset, bytes: end };
}

/** What is there already, and what is before it from `offset` on. */
async function rest(source: ByteSource, end: End, offset: number): Promise<End> {
  if (offset >= end.offset) return end;
  const bytes = new Uint8Array(source.size - offset);
  bytes.set(end.bytes, end.offset - offset);
  await readExactly(source, offset, bytes.subarray(0, end.offset - offset), 'index');
  return { offset, bytes };
}

async function rootIn(map: Uint8Array): Promise<{ readonly root: IndexRoot; readonly bytes: Uint8Array }> {
  const { digest, root } = framed(map);
  await loadXxh64();
  const expected = bytesOf(BigUint64Array.of(xxh64Of(root)));
  if (!expected.every((byte, i) => byte === digest[i])) throw indexDamaged('it has another digest');
  return { root: decodeRoot(root), bytes: root };
}

function framed(map: Uint8Array): { readonly digest: Uint8Array; readonly root: Uint8Array } {
  let outer: unknown;
  try {
    outer = decode(map);
  } catch (cause) {
    throw indexDamaged(`it is no msgpack (${String(cause)})`);
  }
  if (typeof outer === 'object' && outer !== null && 'digest' in outer && 'root' in outer) {
    const { digest, root } = outer;
    if (digest instanceof Uint8Array && root instanceof Uint8Array) return { digest, root };
  }
  throw indexDamaged('its map has no root');
}

/** @throws {FormatError} `INDEX_STALE` */
async function checkFile(image: ByteSource, file: IndexedFile): Promise<void> {
  if (image.size < file.bytes) throw stale('the image was shorter');
  const isSeparate = file.modifiedNs !== undefined;
  if (isSeparate && image.size !== file.bytes) throw stale('the image has another length');
  if (isSeparate && image.modifiedNs !== undefined && image.modifiedNs !== file.modifiedNs)
    throw stale('the image was written since');
  const head = await headDigest(image, file.bytes);
  if (!head.every((byte, i) => byte === file.head[i])) throw stale('the image begins otherwise');
}

/** The page tables, in memory where they were read already. */
function tablesIn(
  source: ByteSource,
  end: End,
  { tablesOffset, mapOffset }: Extent,
): { source: ByteSource; offset: number } {
  if (tablesOffset < end.offset) return { source, offset: tablesOffset };
  const bytes = end.bytes.subarray(tablesOffset - end.offset, mapOffset - end.offset);
  return { source: new MemorySource(bytes, source.name), offset: 0 };
}

function mapOf(
  { format, spaces, blocks, file }: IndexRoot,
  image: ByteSource,
  tables: { readonly source: ByteSource; readonly offset: number },
): MemoryMap {
  const store = { ...tables, columns: blocks, endOffset: file.bytes };
  const loader = new BlockLoader(store);
  return {
    name: image.name,
    format,
    contents: image,
    spaces: spaces.map(({ pids, comm, areas }) => ({
      pids,
      comm,
      areas: areas.map((area) => ({ ...area, pages: new StoredPageTable(area, loader) })),
    })),
  };
}

import { decode } from '@msgpack/msgpack';
import type { ChunkDigests } from '../model/chunk-digests.js';
import { IMAGE_ID_BYTES, type ImageFormat, type ParentLink } from '../model/image.js';
import { PageRangesBuilder } from '../model/page-ranges.js';
import { UNCAPTURED_REASON_NAMES, type Uncaptured } from '../model/uncaptured.js';
import { VMA_KINDS, isVmaKind, type VmaKind } from '../model/vma-kind.js';
import { columnOf, indexDamaged } from './columns.js';
import {
  ADDRESS_COLUMNS,
  COUNT_COLUMNS,
  NO_NAME,
  type BlockColumns,
  type IndexRoot,
  type IndexedFile,
  type StoredArea,
  type StoredSpace,
} from './root.js';
import { BLOCK_RUNS } from './run-block.js';

type Map = Readonly<Record<string, unknown>>;

function mapOf(value: unknown, what: string): Map {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw indexDamaged(what, 'a map');
  return value as Map;
}

function listOf<T>(value: unknown, is: (item: unknown) => item is T, what: string): readonly T[] {
  if (!Array.isArray(value) || !value.every(is)) throw indexDamaged(what, 'a list');
  return value;
}

function countOf(value: unknown, what: string): number {
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 0) throw indexDamaged(what, 'a count');
  return number;
}

function textOf(value: unknown, what: string): string {
  if (typeof value !== 'string') throw indexDamaged(what, 'text');
  return value;
}

const isText = (item: unknown): item is string => typeof item === 'string';
const isAny = (item: unknown): item is unknown => item !== undefined;

/** @throws {FormatError} `INDEX_DAMAGED` */
export function decodeRoot(bytes: Uint8Array): IndexRoot {
  const root = mapOf(decodeMap(bytes), 'its map');
  const blocks = blocksOf(mapOf(root['blocks'], 'blocks'));
  return {
    file: fileOf(mapOf(root['file'], 'file')),
    format: formatOf(mapOf(root['format'], 'format')),
    spaces: spacesOf(root, blocks.runs.length),
    blocks,
    parent: root['parent'] === undefined ? undefined : parentOf(mapOf(root['parent'], 'parent')),
    // a map of which nothing is asked here
    capture: root['capture'] === undefined ? undefined : mapOf(root['capture'], 'capture'),
    chunks: root['chunks'] === undefined ? undefined : chunksOf(mapOf(root['chunks'], 'chunks')),
  };
}

function decodeMap(bytes: Uint8Array): unknown {
  try {
    return decode(bytes, { useBigInt64: true });
  } catch (cause) {
    throw indexDamaged(`it is no msgpack (${String(cause)})`);
  }
}

function fileOf({ bytes, head, modifiedNs }: Map): IndexedFile {
  if (!(head instanceof Uint8Array)) throw indexDamaged('file.head', 'bytes');
  const modified = typeof modifiedNs === 'bigint' ? modifiedNs : undefined;
  return { bytes: countOf(bytes, 'file.bytes'), head, modifiedNs: modified };
}

function parentOf({ path, id }: Map): ParentLink {
  if (!(id instanceof Uint8Array) || id.length !== IMAGE_ID_BYTES) throw indexDamaged('parent');
  return { path: textOf(path, 'parent'), id: id.slice() };
}

const FAMILIES: readonly ImageFormat['family'][] = ['cr', 'ckpt', 'process'];

function formatOf({ family, revision, covers, wordBytes }: Map): ImageFormat {
  const known = FAMILIES.find((name) => name === family);
  const words = ([4, 8] as const).find((size) => size === wordBytes);
  if (!known || !words) throw indexDamaged('format');
  const texts = { revision: textOf(revision, 'revision'), covers: textOf(covers, 'covers') };
  return { family: known, ...texts, wordBytes: words, decidedBy: ['the index says so'] };
}

function chunksOf({ chunkBytes, streamBytes, values }: Map): ChunkDigests {
  const [chunk, stream] = [countOf(chunkBytes, 'chunks'), countOf(streamBytes, 'chunks')];
  if (chunk === 0 || !(values instanceof Uint8Array) || values.length !== Math.ceil(stream / chunk) * 8)
    throw indexDamaged('chunks');
  return { chunkBytes: chunk, streamBytes: stream, values };
}

function blocksOf({ runs, startVpn, offset, digest }: Map): BlockColumns {
  if (!(runs instanceof Uint8Array)) throw indexDamaged('blocks');
  const count = Math.floor(runs.length / Uint32Array.BYTES_PER_ELEMENT);
  const columns = {
    runs: columnOf(Uint32Array, runs, count, 'blocks'),
    startVpn: columnOf(Float64Array, startVpn, count, 'blocks'),
    offset: columnOf(Float64Array, offset, count, 'blocks'),
    digest: columnOf(BigUint64Array, digest, count, 'blocks'),
  };
  if (columns.runs.some((length) => length === 0 || length > BLOCK_RUNS)) throw indexDamaged('length of a block');
  return columns;
}

function spacesOf(root: Map, blockCount: number): StoredSpace[] {
  const spaces = listOf(root['spaces'], isAny, 'spaces').map((space) => mapOf(space, 'spaces'));
  const areas = areasOf(root);
  let next = 0;
  const stored = spaces.map(({ pids, comm, areas: count }): StoredSpace => {
    const own = areas.slice(next, (next += countOf(count, 'spaces')));
    const numbers = listOf(pids, isAny, 'pids').map((pid) => countOf(pid, 'pids'));
    if (numbers.length === 0) throw indexDamaged('pids', 'one at least');
    return { pids: numbers, comm: textOf(comm, 'comm'), areas: own };
  });
  if (next !== areas.length) throw indexDamaged('areas', String(next));
  if (areas.some((area) => area.firstBlock + area.blockCount > blockCount)) throw indexDamaged('blocks of a mapping');
  return stored;
}

function areasOf(root: Map): StoredArea[] {
  const columns = mapOf(root['areas'], 'areas');
  const names = listOf(root['names'], isText, 'names');
  const kinds = listOf(root['kinds'], isText, 'kinds').map(kindOf);
  const kindBytes = columns['kind'];
  if (!(kindBytes instanceof Uint8Array)) throw indexDamaged('areas');
  const count = kindBytes.length;
  const addresses = ADDRESS_COLUMNS.map((name) => columnOf(BigUint64Array, columns[name], count, name));
  const counts = COUNT_COLUMNS.map((name) => columnOf(Float64Array, columns[name], count, name));
  const captured = capturedOf(root['captured']);
  const objects = new Set(listOf(root['objects'] ?? [], isAny, 'objects').map((area) => countOf(area, 'objects')));
  const uncaptured = uncapturedOf(root['uncaptured']);
  const nameNumbers = columnOf(Uint32Array, columns['name'], count, 'names');
  return Array.from(kindBytes, (kindNumber, i): StoredArea => {
    const kind = kinds[kindNumber];
    const nameNumber = nameNumbers[i] ?? NO_NAME;
    if (kind === undefined || (nameNumber !== NO_NAME && nameNumber >= names.length)) throw indexDamaged('areas');
    const [vm_start = 0n, vm_end = 0n, vm_page_prot = 0n, vm_flags = 0n, vm_pgoff = 0n] = addresses.map(
      (c) => c[i] ?? 0n,
    );
    const [totalPages = 0, runCount = 0, firstBlock = 0, blockCount = 0] = counts.map((c) => countOf(c[i], 'areas'));
    const numbers = { vm_start, vm_end, vm_page_prot, vm_flags, vm_pgoff };
    const counted = { totalPages, runCount, firstBlock, blockCount };
    const unknown = uncaptured.get(i);
    const elsewhere = unknown && { uncaptured: unknown, missing: unknown.ranges };
    const whole = objects.has(i) ? ({ isWholeObject: true } as const) : {};
    return {
      ...numbers,
      ...counted,
      ...kindsTold(kind, captured.get(i)),
      ...whole,
      ...elsewhere,
      name: names[nameNumber],
    };
  });
}

/** What mappings were captured as, by number. */
function capturedOf(value: unknown): ReadonlyMap<number, string> {
  const pairs = listOf(value ?? [], isAny, 'captured').map((pair) => listOf(pair, isAny, 'captured'));
  return new Map(pairs.map(([area, name]) => [countOf(area, 'captured'), textOf(name, 'captured')]));
}

/** What of mappings was not captured, by number. */
function uncapturedOf(value: unknown): ReadonlyMap<number, Uncaptured> {
  const what = 'uncaptured';
  const rows = listOf(value ?? [], isAny, what).map((row) => listOf(row, isAny, what));
  return new Map(
    rows.map(([area, name, vpn, nrPages]) => {
      const reason = UNCAPTURED_REASON_NAMES.find((known) => known === name);
      if (reason === undefined || !(nrPages instanceof Uint8Array)) throw indexDamaged(what);
      const count = Math.floor(nrPages.length / Uint32Array.BYTES_PER_ELEMENT);
      const lengths = columnOf(Uint32Array, nrPages, count, what);
      const firsts = columnOf(Float64Array, vpn, count, what);
      return [countOf(area, what), { reason, ranges: rangesOf(firsts, lengths) }];
    }),
  );
}

function rangesOf(vpn: Float64Array, nrPages: Uint32Array): Uncaptured['ranges'] {
  const ranges = new PageRangesBuilder();
  let end = 0;
  for (let i = 0; i < nrPages.length; i++) {
    const first = countOf(vpn[i], 'uncaptured');
    if (first < end) throw indexDamaged('uncaptured', 'ascending pages');
    ranges.add(first, nrPages[i] ?? 0);
    end = first + (nrPages[i] ?? 0);
  }
  return ranges.take();
}

/** A kind of ours that no stream tells is the kind; a name of somebody's own stays a name. */
function kindsTold(kind: VmaKind, kindName: string | undefined): Pick<StoredArea, 'kind' | 'kindName'> {
  if (kindName === undefined) return { kind };
  return { kind: isVmaKind(kindName) ? kindName : kind, kindName };
}

function kindOf(name: string): VmaKind {
  if (!isVmaKind(name)) throw indexDamaged('kinds', Object.keys(VMA_KINDS).join(', '));
  return name;
}

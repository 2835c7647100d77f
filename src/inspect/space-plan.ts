import { PAGE_BYTES, vaddrOf } from '../format/model/page.js';
import { hasPage } from '../format/model/page-ranges.js';
import { notInImage, notMapped } from './space-errors.js';
import { SpaceReadsBuilder } from './space-reads.js';
import { nextStretch, openWalk } from './space-walk.js';
import { UNCAPTURED_TEXTS } from '../format/model/uncaptured.js';
import type { ByteSource } from '../format/bytes/source.js';
import type { MappedArea } from '../format/model/memory-map.js';
import type { AreaColumns } from './space-areas.js';
import type { SpaceReads } from './space-reads.js';
import type { SpaceWalk } from './space-walk.js';

/**
 * Finds the bytes of a mapped file, for pages that an image leaves to it; undefined where there is none. Asked again for
 * each part, so it keeps what it opens, and closes it.
 */
export type Backing = (path: string) => Promise<ByteSource | undefined>;

/** Pages of a file behind a mapping. Devices, huge pages and shared memory have a path, but it leads nowhere. */
const FILE_KINDS: ReadonlySet<string> = new Set(['file', 'shared-file']);

/** A part of memory, in page numbers: from byte `within` of page `vpn` on. */
export interface BytesFrom {
  readonly vpn: number;
  readonly within: number;
  readonly length: number;
}

function placeOf(walk: SpaceWalk, { vpn, within }: BytesFrom): number {
  return (walk.vpn - vpn) * PAGE_BYTES - within;
}

/** The first address of the stretch that was asked for. */
function vaddrIn(walk: SpaceWalk, from: BytesFrom): bigint {
  return vaddrOf(walk.vpn) + BigInt(Math.max(0, -placeOf(walk, from)));
}

/** Adds the part of the stretch that was asked for, whose first byte lies at `offset` of `source`. */
function addPart(
  reads: SpaceReadsBuilder,
  walk: SpaceWalk,
  from: BytesFrom,
  source: ByteSource,
  offset: number,
  limitBytes = Infinity,
): void {
  const place = placeOf(walk, from);
  const at = Math.max(0, place);
  const end = Math.min(from.length, place + Math.min(walk.nrPages * PAGE_BYTES, limitBytes));
  if (end > at) reads.add(source, at, offset + (at - place), end - at);
}

/** Where in its file the stretch begins, in bytes. */
function fileOffset(walk: SpaceWalk, area: MappedArea): number {
  const pages = Number(area.vm_pgoff) + walk.vpn - (walk.columns.startVpn[walk.area] ?? 0);
  return pages * PAGE_BYTES;
}

async function addBacking(
  reads: SpaceReadsBuilder,
  walk: SpaceWalk,
  from: BytesFrom,
  area: MappedArea,
  backing: Backing | undefined,
): Promise<void> {
  const vaddr = vaddrIn(walk, from);
  const { uncaptured, missing } = area;
  if (uncaptured && hasPage(uncaptured.ranges, walk.vpn))
    throw notInImage(vaddr, area, `: ${UNCAPTURED_TEXTS[uncaptured.reason]}`);
  const isFile = FILE_KINDS.has(area.kind) && area.name !== undefined && !(missing && hasPage(missing, walk.vpn));
  if (!isFile || backing === undefined) throw notInImage(vaddr, area);
  const source = await backing(area.name);
  if (source === undefined) throw notInImage(vaddr, area, ', which is not there');
  const start = fileOffset(walk, area);
  // the rest of the last page reads as zeros; what lies behind it as nothing at all
  const pagesThere = Math.ceil((source.size - start) / PAGE_BYTES);
  const endVpn = from.vpn + Math.ceil((from.within + from.length) / PAGE_BYTES);
  const wantedPages = Math.min(walk.nrPages, endVpn - walk.vpn);
  if (pagesThere < wantedPages) {
    const firstMissing = vaddrOf(walk.vpn + Math.max(0, pagesThere));
    throw notInImage(firstMissing > vaddr ? firstMissing : vaddr, area, ', which ends before');
  }
  addPart(reads, walk, from, source, start, source.size - start);
}

/**
 * Finds out what has to be read for a part of memory, before anything is read.
 *
 * @throws {MemoryError} `NOT_MAPPED`, `NOT_IN_IMAGE` with the first address that cannot be read
 */
export async function planSpaceReads(
  areas: readonly MappedArea[],
  columns: AreaColumns,
  contents: ByteSource,
  from: BytesFrom,
  backing: Backing | undefined,
): Promise<SpaceReads> {
  const reads = new SpaceReadsBuilder();
  const endVpn = from.vpn + Math.ceil((from.within + from.length) / PAGE_BYTES);
  const walk = openWalk(areas, columns, from.vpn, endVpn);
  for (;;) {
    const step = nextStretch(walk);
    if (!(typeof step === 'boolean' ? step : await step)) return reads;
    if (walk.state === 'held') addPart(reads, walk, from, contents, walk.offset);
    if (walk.state === 'held' || walk.state === 'zero') continue;
    const area = areas[walk.area];
    if (walk.state === 'unmapped' || area === undefined) throw notMapped(vaddrIn(walk, from));
    await addBacking(reads, walk, from, area, backing);
  }
}

import { absentIn, type MappedArea, type MemoryMap } from '../../format/model/memory-map.js';
import { PAGE_BYTES, vpnOf } from '../../format/model/page.js';
import { NO_RANGES, type PageRanges } from '../../format/model/page-ranges.js';
import { firstRunFrom } from '../../format/model/page-runs.js';
import type { RunBlock } from '../../format/model/page-table.js';
import type { AddressRange } from '../address-spec.js';
import { PieceBuilder } from './piece-builder.js';
import type { Piece } from './piece.js';
import type { Reach } from './reach.js';
import { selectedRanges, selectedSpaces, type MemorySelection } from './selection.js';

/** Bytes of a full piece, unless told. */
const PIECE_BYTES = 2 * 1024 * 1024;

export interface PlanOptions extends MemorySelection {
  /** Bytes of memory that are searched at once. Default 2 MiB. */
  readonly pieceBytes?: number | undefined;
}

/** A walk over one range of addresses of a mapping. Positions are bytes from the start of the range on. */
interface RangeWalk {
  readonly builder: PieceBuilder;
  readonly space: number;
  readonly isZeroBacked: boolean;
  /** Pages that are neither held nor zero. */
  readonly missing: PageRanges | undefined;
  readonly startVpn: number;
  readonly endVpn: number;
  /** Of the first page, those that lie before the range. */
  readonly skippedBytes: number;
  readonly lengthBytes: number;
  /** What was told to the builder. */
  doneBytes: number;
}

/** Cuts the memory that is looked at into pieces, in the order of addresses, without touching contents. */
export async function* planPieces(map: MemoryMap, selection: PlanOptions, reach: Reach): AsyncGenerator<Piece> {
  const builder = new PieceBuilder(reach, selection.pieceBytes ?? PIECE_BYTES);
  for (const [index, space] of selectedSpaces(map, selection)) {
    let end: bigint | undefined;
    for (const area of space.areas)
      for (const range of selectedRanges(area, space, selection)) {
        if (range.start !== end) builder.border(index);
        end = range.end;
        yield* walkRange(area, startWalk(area, range, builder, index));
      }
  }
  builder.finish();
  yield* takeReady(builder);
}

function* takeReady({ ready }: PieceBuilder): Generator<Piece> {
  yield* ready.splice(0);
}

function startWalk(area: MappedArea, range: AddressRange, builder: PieceBuilder, space: number): RangeWalk {
  const startVpn = vpnOf(range.start);
  return {
    builder,
    space,
    isZeroBacked: absentIn(area) === 'zero',
    missing: area.missing,
    startVpn,
    endVpn: vpnOf(range.end - 1n) + 1,
    skippedBytes: Number(range.start & BigInt(PAGE_BYTES - 1)),
    lengthBytes: Number(range.end - range.start),
    doneBytes: 0,
  };
}

async function* walkRange({ pages }: MappedArea, walk: RangeWalk): AsyncGenerator<Piece> {
  for (let vpn = walk.startVpn; pages.totalPages > 0 && vpn < walk.endVpn;) {
    const found = pages.block(vpn);
    const block = found instanceof Promise ? await found : found;
    yield* walkBlock(block, vpn, walk);
    vpn = block.endVpn;
  }
  leaveOut(walk, walk.lengthBytes);
}

/** Tells of the runs of a block from page `vpn` on. */
function* walkBlock({ runs, endVpn }: RunBlock, vpn: number, walk: RangeWalk): Generator<Piece> {
  const { ready } = walk.builder;
  const lastVpn = Math.min(endVpn, walk.endVpn);
  for (let i = firstRunFrom(runs, vpn); i < runs.count; i++) {
    const runVpn = runs.vpn[i] ?? 0;
    if (runVpn >= lastVpn) break;
    const runAt = (runVpn - walk.startVpn) * PAGE_BYTES - walk.skippedBytes;
    const runEnd = Math.min(runAt + (runs.nrPages[i] ?? 0) * PAGE_BYTES, walk.lengthBytes);
    leaveOut(walk, runAt);
    // a long run in parts, so that its pieces go out one by one
    while (walk.doneBytes < runEnd) {
      takeHeld(walk, Math.min(runEnd, walk.doneBytes + PIECE_BYTES), (runs.offset[i] ?? 0) - runAt);
      if (ready.length > 0) yield* takeReady(walk.builder);
    }
  }
}

/** @param offset  where position 0 would lie in the contents */
function takeHeld(walk: RangeWalk, until: number, offset: number): void {
  const byte = walk.skippedBytes + walk.doneBytes;
  const pages = Math.floor(byte / PAGE_BYTES);
  const lengthBytes = until - walk.doneBytes;
  walk.builder.held(walk.startVpn + pages, byte - pages * PAGE_BYTES, lengthBytes, offset + walk.doneBytes);
  walk.doneBytes = until;
}

/** What lies before `until` is not held. */
function leaveOut(walk: RangeWalk, until: number): void {
  if (until <= walk.doneBytes) return;
  if (walk.isZeroBacked) addZeros(walk, until);
  else walk.builder.border(walk.space);
  walk.doneBytes = until;
}

/** Zeros up to `until`, with a border in place of pages that are not known. */
function addZeros(walk: RangeWalk, until: number): void {
  const { missing = NO_RANGES, builder } = walk;
  const place = (vpn: number): number => (vpn - walk.startVpn) * PAGE_BYTES - walk.skippedBytes;
  const firstVpn = walk.startVpn + Math.floor((walk.skippedBytes + walk.doneBytes) / PAGE_BYTES);
  let at = walk.doneBytes;
  for (let i = firstRunFrom(missing, firstVpn); i < missing.count && at < until; i++) {
    const start = Math.min(until, place(missing.vpn[i] ?? 0));
    if (start >= until) break;
    if (start > at) builder.zeros(start - at);
    builder.border(walk.space);
    at = Math.max(at, place((missing.vpn[i] ?? 0) + (missing.nrPages[i] ?? 0)));
  }
  if (at < until) builder.zeros(until - at);
}

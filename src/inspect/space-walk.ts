import { PAGE_BYTES } from '../format/model/page.js';
import { firstRunFrom } from '../format/model/page-runs.js';
import { firstAreaFrom } from './space-areas.js';
import { absentIn, type MappedArea } from '../format/model/memory-map.js';
import type { RunBlock } from '../format/model/page-table.js';
import type { AreaColumns } from './space-areas.js';

/**
 * What an image knows of a page: `held`, its contents are there; `zero`, it reads as zeros; `backing`, it reads as what is
 * mapped there, which the image does not hold; `unmapped`, nothing is mapped.
 */
export type PageHolding = 'held' | 'zero' | 'backing' | 'unmapped';

/**
 * A walk over the pages of an address space in stretches that are alike. What describes the stretch is overwritten by each
 * step.
 */
export interface SpaceWalk {
  readonly areas: readonly MappedArea[];
  readonly columns: AreaColumns;
  /** First page that is not looked at. */
  readonly endVpn: number;
  /** Index of the mapping; of the next one where nothing is mapped. */
  area: number;
  vpn: number;
  nrPages: number;
  state: PageHolding;
  /** Where the first page lies in the contents, in bytes, if it is held. */
  offset: number;
  /** The part of the mapping's table that speaks for these pages, and the first of its runs that ends behind them. */
  block: RunBlock | undefined;
  run: number;
}

/** A walk over the pages `[startVpn, endVpn)`. */
export function openWalk(
  areas: readonly MappedArea[],
  columns: AreaColumns,
  startVpn: number,
  endVpn: number,
): SpaceWalk {
  const stretch = { vpn: startVpn, nrPages: 0, state: 'unmapped', offset: 0 } as const;
  return { areas, columns, endVpn, area: firstAreaFrom(columns, startVpn), ...stretch, block: undefined, run: 0 };
}

/**
 * Steps to the next stretch; waits only where a table has to be loaded:
 * `const step = nextStretch(walk); if (!(typeof step === 'boolean' ? step : await step)) break;`
 *
 * @returns  false at the end
 */
export function nextStretch(walk: SpaceWalk): boolean | Promise<boolean> {
  const { columns, areas } = walk;
  walk.vpn += walk.nrPages;
  walk.nrPages = 0;
  if (walk.vpn >= walk.endVpn) return false;
  while (walk.area < columns.count && (columns.endVpn[walk.area] ?? 0) <= walk.vpn) {
    walk.area++;
    walk.block = undefined;
  }
  const startVpn = columns.startVpn[walk.area] ?? Infinity;
  if (startVpn > walk.vpn) return take(walk, 'unmapped', startVpn);
  if (walk.block !== undefined && walk.vpn < walk.block.endVpn) return takeFrom(walk, walk.block);
  const block = areas[walk.area]?.pages.block(walk.vpn);
  // the loop above stopped at a mapping
  if (block === undefined) return false;
  return block instanceof Promise ? block.then((loaded) => enterBlock(walk, loaded)) : enterBlock(walk, block);
}

function enterBlock(walk: SpaceWalk, block: RunBlock): boolean {
  walk.block = block;
  walk.run = firstRunFrom(block.runs, walk.vpn);
  return takeFrom(walk, block);
}

/** The stretch from `vpn` on, which the block speaks for. */
function takeFrom(walk: SpaceWalk, block: RunBlock): boolean {
  const { vpn } = walk;
  const { runs } = block;
  const endVpn = Math.min(block.endVpn, walk.columns.endVpn[walk.area] ?? 0);
  const runVpn = runs.vpn[walk.run] ?? Infinity;
  if (runVpn > vpn) {
    const area = walk.areas[walk.area];
    const absent = area ? absentIn(area) : 'zero';
    const end = Math.min(runVpn, endVpn);
    if (!area?.missing) return take(walk, absent, end);
    const run = firstRunFrom(area.missing, vpn);
    const start = area.missing.vpn[run] ?? Infinity;
    if (start > vpn) return take(walk, absent, Math.min(start, end));
    // what they read as, the image does not know
    return take(walk, 'backing', Math.min(start + (area.missing.nrPages[run] ?? 0), end));
  }
  walk.offset = (runs.offset[walk.run] ?? 0) + (vpn - runVpn) * PAGE_BYTES;
  const runEndVpn = runVpn + (runs.nrPages[walk.run] ?? 0);
  walk.run++;
  return take(walk, 'held', Math.min(runEndVpn, endVpn));
}

function take(walk: SpaceWalk, state: PageHolding, endVpn: number): boolean {
  walk.state = state;
  walk.nrPages = Math.min(endVpn, walk.endVpn) - walk.vpn;
  return true;
}

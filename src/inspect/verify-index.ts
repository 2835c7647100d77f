import { INLINE_CREW } from '../format/bytes/inline-crew.js';
import { FormatError } from '../format/errors.js';
import type { ChunkDigests } from '../format/model/chunk-digests.js';
import { rangesWithout } from '../format/model/page-ranges.js';
import { memoryMapOf, type MappedArea, type MemoryMap } from '../format/model/memory-map.js';
import { firstRunFrom, type PageRuns } from '../format/model/page-runs.js';
import { PAGE_BYTES, vpnOf } from '../format/model/page.js';
import type { Image } from '../format/model/image.js';
import { checkChunkDigests, type ByteRange, type DigestOptions } from './chunk-digests.js';

/** What an index says of an image. */
export interface IndexedMemory {
  readonly map: MemoryMap;
  readonly chunks: ChunkDigests | undefined;
}

const PLACES_TOLD = 3;

/** What is wrong with the bytes of an image, by the digests of its index. */
export async function digestFaults(
  { map, chunks }: IndexedMemory,
  options: Partial<DigestOptions> = {},
): Promise<FormatError[]> {
  if (!chunks) return [];
  const faults: FormatError[] = [];
  const ranges = await checkChunkDigests(map.contents, chunks, { crew: INLINE_CREW, ...options });
  for (const range of ranges) faults.push(await digestFault(map, range));
  return faults;
}

async function digestFault(map: MemoryMap, [start, end]: ByteRange): Promise<FormatError> {
  const places = await placesIn(map, start, end);
  const inside = places.length === 0 ? 'no page lies there' : `pages of ${places.join(', ')} lie there`;
  const what = `${String(end - start)} bytes are not what was written: ${inside}`;
  return new FormatError('DIGEST_MISMATCH', { at: { offset: start, path: places[0] ?? '' }, what });
}

/** The mappings that have pages in a range of the file, the first few. */
async function placesIn(map: MemoryMap, start: number, end: number): Promise<string[]> {
  const places: string[] = [];
  for (const [s, space] of map.spaces.entries()) {
    for (const [v, area] of space.areas.entries()) {
      if (!(await liesIn(area, start, end))) continue;
      if (places.length === PLACES_TOLD) return [...places, '...'];
      places.push(`space[${String(s)}].vma[${String(v)}]`);
    }
  }
  return places;
}

async function liesIn({ vm_start, vm_end, pages }: MappedArea, start: number, end: number): Promise<boolean> {
  if (pages.runCount === 0) return false;
  for (let vpn = vpnOf(vm_start); vpn < vpnOf(vm_end);) {
    const { runs, endVpn } = await pages.block(vpn);
    for (let run = 0; run < runs.count; run++) {
      const offset = runs.offset[run] ?? 0;
      if (offset < end && offset + (runs.nrPages[run] ?? 0) * PAGE_BYTES > start) return true;
    }
    vpn = endVpn;
  }
  return false;
}

/** How an index differs from the image that it should be of. */
export async function indexFaults(image: Image, { map }: IndexedMemory): Promise<FormatError[]> {
  const { spaces } = memoryMapOf(image);
  if (spaces.length !== map.spaces.length) return [differs('number of address spaces', '')];
  for (const [s, space] of spaces.entries()) {
    const stored = map.spaces[s]?.areas ?? [];
    if (stored.length !== space.areas.length) return [differs('number of mappings', `space[${String(s)}]`)];
    for (const [v, area] of space.areas.entries()) {
      const other = stored[v];
      if (other && isSameArea(area, other, image.parent !== undefined) && (await hasSamePages(area, other))) continue;
      return [differs('mapping or its page table', `space[${String(s)}].vma[${String(v)}]`)];
    }
  }
  return [];
}

function differs(what: string, path: string): FormatError {
  return new FormatError('INDEX_STALE', { at: { path }, what: `the index is stale: it has another ${what}` });
}

const AREA_FIELDS = ['vm_start', 'vm_end', 'vm_page_prot', 'vm_flags', 'vm_pgoff', 'kind', 'name'] as const;

/** @param isIncremental  whether the stream tells what was not captured: of others the index alone does */
function isSameArea(a: MappedArea, b: MappedArea, isIncremental: boolean): boolean {
  // of what was captured as another kind than the stream can tell, the index says more
  const fields = b.kindName === undefined ? AREA_FIELDS : AREA_FIELDS.filter((field) => field !== 'kind');
  const isSame = fields.every((field) => a[field] === b[field]) && a.pages.totalPages === b.pages.totalPages;
  return isSame && (!isIncremental || isSameUncaptured(a.uncaptured, b.uncaptured));
}

function isSameUncaptured(a: MappedArea['uncaptured'], b: MappedArea['uncaptured']): boolean {
  if (!a || !b) return a === b;
  const hasSameRanges = rangesWithout(a.ranges, b.ranges).count + rangesWithout(b.ranges, a.ranges).count === 0;
  return a.reason === b.reason && hasSameRanges;
}

/** Whether both have the same pages at the same places. */
async function hasSamePages(area: MappedArea, other: MappedArea): Promise<boolean> {
  const endVpn = vpnOf(area.vm_end);
  for (let vpn = vpnOf(area.vm_start); vpn < endVpn;) {
    const [a, b] = [await area.pages.block(vpn), await other.pages.block(vpn)];
    const end = Math.min(a.endVpn, b.endVpn, endVpn);
    if (!haveSameRuns(a.runs, b.runs, vpn, end)) return false;
    vpn = end;
  }
  return true;
}

/** Whether two tables tell the same of the pages `[startVpn, endVpn)`. Runs may be cut at other places. */
function haveSameRuns(a: PageRuns, b: PageRuns, startVpn: number, endVpn: number): boolean {
  let [i, j] = [firstRunFrom(a, startVpn), firstRunFrom(b, startVpn)];
  for (let vpn = startVpn; vpn < endVpn;) {
    const [aVpn, bVpn] = [Math.max(a.vpn[i] ?? Infinity, vpn), Math.max(b.vpn[j] ?? Infinity, vpn)];
    if (aVpn >= endVpn && bVpn >= endVpn) return true;
    if (aVpn !== bVpn || placeOf(a, i, aVpn) !== placeOf(b, j, aVpn)) return false;
    const [aEnd, bEnd] = [endOf(a, i), endOf(b, j)];
    vpn = Math.min(aEnd, bEnd);
    if (aEnd === vpn) i++;
    if (bEnd === vpn) j++;
  }
  return true;
}

function placeOf(runs: PageRuns, run: number, vpn: number): number {
  return (runs.offset[run] ?? 0) + (vpn - (runs.vpn[run] ?? 0)) * PAGE_BYTES;
}

function endOf(runs: PageRuns, run: number): number {
  return (runs.vpn[run] ?? 0) + (runs.nrPages[run] ?? 0);
}

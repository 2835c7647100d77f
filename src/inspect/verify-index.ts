import { INLINE_CREW } from '../format/bytes/inline-crew.js';
import { FormatError } from '../format/errors.js';
import type { ChunkDigests } from '../format/model/chunk-digests.js';
import { memoryMapOf, type MappedArea, type MemoryMap } from '../format/model/memory-map.js';
import { firstRunFrom } from '../format/model/page-runs.js';
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
      if (other && isSameArea(area, other) && (await hasSamePages(area, other))) continue;
      return [differs('mapping or its page table', `space[${String(s)}].vma[${String(v)}]`)];
    }
  }
  return [];
}

function differs(what: string, path: string): FormatError {
  return new FormatError('INDEX_STALE', { at: { path }, what: `the index is stale: it has another ${what}` });
}

const AREA_FIELDS = ['vm_start', 'vm_end', 'vm_page_prot', 'vm_flags', 'vm_pgoff', 'kind', 'name'] as const;

function isSameArea(a: MappedArea, b: MappedArea): boolean {
  // of what was captured as another kind than the stream can tell, the index says more
  const fields = b.kindName === undefined ? AREA_FIELDS : AREA_FIELDS.filter((field) => field !== 'kind');
  return fields.every((field) => a[field] === b[field]) && a.pages.totalPages === b.pages.totalPages;
}

/** Whether all pages that the first has lie at the same place in the second, which has as many. */
async function hasSamePages(area: MappedArea, other: MappedArea): Promise<boolean> {
  for (let vpn = vpnOf(area.vm_start); vpn < vpnOf(area.vm_end);) {
    const { runs, endVpn } = await area.pages.block(vpn);
    for (let run = 0; run < runs.count; run++) {
      const [first, nrPages, offset] = [runs.vpn[run] ?? 0, runs.nrPages[run] ?? 0, runs.offset[run] ?? 0];
      for (let done = 0; done < nrPages;) {
        const block = other.pages.block(first + done);
        const there = block instanceof Promise ? await block : block;
        const index = firstRunFrom(there.runs, first + done);
        const skip = first + done - (there.runs.vpn[index] ?? Infinity);
        const isThere =
          skip >= 0 && (there.runs.offset[index] ?? -1) + skip * PAGE_BYTES === offset + done * PAGE_BYTES;
        if (!isThere) return false;
        done += (there.runs.nrPages[index] ?? 0) - skip;
      }
    }
    vpn = endVpn;
  }
  return true;
}

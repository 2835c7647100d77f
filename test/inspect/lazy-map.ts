import type { ByteSource } from '../../src/format/bytes/source.js';
import type { Image } from '../../src/format/model/image.js';
import { memoryMapOf, type MemoryMap } from '../../src/format/model/memory-map.js';
import type { PageRuns } from '../../src/format/model/page-runs.js';
import type { PageTable, RunBlock } from '../../src/format/model/page-table.js';

/** The same bytes, which can only be waited for. */
export function awaited(source: ByteSource): ByteSource {
  return {
    name: source.name,
    size: source.size,
    isSeekable: true,
    read: (offset, into, options) => source.read(offset, into, options),
    close: () => source.close(),
  };
}

/** A table in blocks of `runsPerBlock` runs, of which only the one that was used last stays loaded. */
export function lazyTable(runs: PageRuns, runsPerBlock: number): PageTable {
  const starts = Array.from({ length: Math.ceil(runs.count / runsPerBlock) }, (_, i) => i * runsPerBlock);
  const blocks = (starts.length > 0 ? starts : [0]).map((first, i, all): RunBlock => {
    const last = i === all.length - 1;
    const end = first + runsPerBlock;
    const part = {
      vpn: runs.vpn.slice(first, end),
      nrPages: runs.nrPages.slice(first, end),
      offset: runs.offset.slice(first, end),
    };
    const totalPages = part.nrPages.reduce((sum, pages) => sum + pages, 0);
    const startVpn = i === 0 ? 0 : (runs.vpn[first] ?? 0);
    const endVpn = last ? Infinity : (runs.vpn[end] ?? Infinity);
    return { startVpn, endVpn, runs: { ...part, count: part.vpn.length, totalPages } };
  });
  let loaded: RunBlock | undefined;
  return {
    totalPages: runs.totalPages,
    runCount: runs.count,
    block: (vpn) => {
      if (loaded && vpn >= loaded.startVpn && vpn < loaded.endVpn) return loaded;
      const block = blocks.find(({ startVpn, endVpn }) => vpn >= startVpn && vpn < endVpn);
      if (!block) throw new RangeError(`no block has page ${String(vpn)}`);
      return Promise.resolve().then(() => (loaded = block));
    },
  };
}

/** The memory of an image as an index of it would give it. */
export function lazyMapOf(image: Image, runsPerBlock: number): MemoryMap {
  const map = memoryMapOf(image);
  const runs = new Map(image.tasks.flatMap(({ mm }) => mm?.vmas ?? []).map((vma) => [vma.vm_start, vma.pages]));
  const spaces = map.spaces.map((space) => ({
    ...space,
    areas: space.areas.map((area) => {
      const own = runs.get(area.vm_start);
      return own ? { ...area, pages: lazyTable(own, runsPerBlock) } : area;
    }),
  }));
  return { ...map, spaces, contents: awaited(map.contents) };
}

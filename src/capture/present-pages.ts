import { PAGE_BYTES } from '../format/model/page.js';
import { PageRunsBuilder, type PageRuns } from '../format/model/page-runs.js';
import type { ProcessMemory } from './memory.js';
import { PAGEMAP } from './page-class.js';
import type { PageLookup } from './page-selection.js';
import type { Mapping } from './smaps.js';

const CHUNK_PAGES = 256;

/** 1 for pages that are there, by the top byte of an entry; a guard is not. */
const PRESENT = Uint8Array.from({ length: 256 }, (_, flags) =>
  (flags & (PAGEMAP.PRESENT | PAGEMAP.SWAPPED)) !== 0 && (flags & PAGEMAP.GUARD) === 0 ? 1 : 0,
);

function addReadable(
  builder: PageRunsBuilder,
  memory: ProcessMemory,
  chunk: Uint8Array,
  vpn: number,
  end: number,
): void {
  while (vpn < end) {
    const part = chunk.subarray(0, Math.min(CHUNK_PAGES, end - vpn) * PAGE_BYTES);
    const pages = Math.floor(memory.readUpTo(vpn * PAGE_BYTES, part) / PAGE_BYTES);
    if (pages > 0) builder.add(vpn, pages, vpn * PAGE_BYTES);
    vpn += Math.max(pages, 1);
  }
}

/** All pages of a mapping that are there and can be read, whosever they are. Each is read once to know. */
export function presentPages({ pagemap, memory }: PageLookup, { startVpn, endVpn }: Mapping): PageRuns {
  const builder = new PageRunsBuilder();
  const chunk = new Uint8Array(CHUNK_PAGES * PAGE_BYTES);
  pagemap.scan(startVpn, endVpn, PRESENT, (_class, vpn, nrPages) => {
    addReadable(builder, memory, chunk, vpn, vpn + nrPages);
  });
  return builder.take();
}

import type { Vma } from '../format/model/image.js';
import { PAGE_BYTES } from '../format/model/page.js';
import { isZeroPage } from '../format/model/zero-page.js';
import { NO_PAGES, PageRunsBuilder, type PageRuns } from '../format/model/page-runs.js';
import type { ProcessMemory } from './memory.js';
import { PAGE_CLASS, pageClasses, type PageOrigin } from './page-class.js';
import type { Pagemap } from './pagemap.js';
import { isGiant, rangesWithin, withNeighbours, type PopulatedBlocks } from './populated.js';
import type { Mapping } from './smaps.js';

const CHUNK_PAGES = 256;

/** Where the pages of a process are looked up. */
export interface PageLookup {
  readonly pagemap: Pagemap;
  readonly memory: ProcessMemory;
  /** Where to look first in giant mappings. */
  readonly populated: PopulatedBlocks;
  /** Whether the process stands still, so that the counts of smaps are those of pagemap. */
  readonly isFrozen: boolean;
  /** Takes mappings of objects that are captured as a whole; those that it does not take are captured by themselves. */
  readonly noteObject?: ((mapping: Mapping, vma: Vma) => boolean) | undefined;
}

/** Pages found in a mapping so far. */
interface Found {
  readonly kept: PageRuns;
  readonly doubtful: PageRuns;
  /** Kept pages that smaps surely counts. */
  readonly countedPages: number;
}

type Range = readonly [startVpn: number, endVpn: number];

function scan(pagemap: Pagemap, ranges: readonly Range[], classes: Uint8Array): Found {
  const kept = new PageRunsBuilder();
  const doubtful = new PageRunsBuilder();
  let countedPages = 0;
  for (const [startVpn, endVpn] of ranges) {
    pagemap.scan(startVpn, endVpn, classes, (pageClass, vpn, nrPages) => {
      (pageClass === PAGE_CLASS.doubtful ? doubtful : kept).add(vpn, nrPages, vpn * PAGE_BYTES);
      if (pageClass === PAGE_CLASS.counted) countedPages += nrPages;
    });
  }
  return { kept: kept.take(), doubtful: doubtful.take(), countedPages };
}

/** Those of the pages that have a byte other than zero. A page that cannot be read is a marker without content. */
function pagesNotZero(memory: ProcessMemory, runs: PageRuns): PageRuns {
  const bytes = new Uint8Array(CHUNK_PAGES * PAGE_BYTES);
  const builder = new PageRunsBuilder();
  for (let run = 0; run < runs.count; run++) {
    const end = (runs.vpn[run] ?? 0) + (runs.nrPages[run] ?? 0);
    for (let vpn = runs.vpn[run] ?? 0; vpn < end;) {
      const chunk = bytes.subarray(0, Math.min(CHUNK_PAGES, end - vpn) * PAGE_BYTES);
      const readPages = Math.floor(memory.readUpTo(vpn * PAGE_BYTES, chunk) / PAGE_BYTES);
      for (let i = 0; i < readPages; i++) {
        if (!isZeroPage(bytes, i * PAGE_BYTES)) builder.add(vpn + i, 1, (vpn + i) * PAGE_BYTES);
      }
      vpn += readPages * PAGE_BYTES === chunk.length ? readPages : readPages + 1;
    }
  }
  return builder.take();
}

/** Two tables of different pages as one, ascending. */
export function mergeRuns(a: PageRuns, b: PageRuns): PageRuns {
  if (a.count === 0) return b;
  if (b.count === 0) return a;
  const builder = new PageRunsBuilder();
  for (let i = 0, j = 0; i < a.count || j < b.count;) {
    const isFromA = (a.vpn[i] ?? Infinity) < (b.vpn[j] ?? Infinity);
    const runs = isFromA ? a : b;
    const at = isFromA ? i++ : j++;
    builder.add(runs.vpn[at] ?? 0, runs.nrPages[at] ?? 0, runs.offset[at] ?? 0);
  }
  return builder.take();
}

/** The pages of a giant mapping, if all that exist lie in these blocks. */
function selectInBlocks(
  lookup: PageLookup,
  mapping: Mapping,
  classes: Uint8Array,
  blocks: PopulatedBlocks,
): PageRuns | undefined {
  const expected = mapping.anonymousPages + mapping.swappedPages;
  const found = scan(lookup.pagemap, rangesWithin(mapping, blocks), classes);
  if (found.countedPages + found.doubtful.totalPages < expected) return undefined;
  const notZero = pagesNotZero(lookup.memory, found.doubtful);
  if (found.countedPages + notZero.totalPages < expected) return undefined;
  return mergeRuns(found.kept, notZero);
}

/**
 * The pages of a private mapping that a capture holds: all anonymous ones that exist, present or swapped, whatever they
 * contain. Zero pages are left out where absent pages read as zero. Nothing is read that is not there.
 *
 * @returns runs whose `offset` is their virtual address
 * @throws {CaptureError} `TARGET_ENDED`, `TARGET_EXECED`
 * Source: spec/proc.md 3.
 */
export function selectPages(lookup: PageLookup, mapping: Mapping, absent: PageOrigin['absent']): PageRuns {
  const expected = mapping.anonymousPages + mapping.swappedPages;
  if (expected === 0) return NO_PAGES;
  const classes = pageClasses({ absent, hasSwap: mapping.swappedPages > 0 });
  if (lookup.isFrozen && isGiant(mapping)) {
    for (const blocks of [lookup.populated, withNeighbours(lookup.populated)]) {
      const runs = selectInBlocks(lookup, mapping, classes, blocks);
      if (runs) return runs;
    }
  }
  const found = scan(lookup.pagemap, [[mapping.startVpn, mapping.endVpn]], classes);
  // as many as smaps counts, in a process that stands still: then none of the doubtful is a zero page
  const areAllReal = lookup.isFrozen && found.countedPages + found.doubtful.totalPages <= expected;
  return mergeRuns(found.kept, areAllReal ? found.doubtful : pagesNotZero(lookup.memory, found.doubtful));
}

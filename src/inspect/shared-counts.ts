import { vpnOf } from '../format/model/page.js';
import { PageSet } from './page-set.js';
import { NO_COUNTS, PAGE_STATES, addCounts } from './page-states.js';
import { segmentStates } from './segment-states.js';
import type { Vma } from '../format/model/image.js';
import type { SharedMemory } from '../format/model/shared-memory.js';
import type { PageCounts, PageStateRuns } from './page-states.js';
import type { VmaRelation } from './vma-relation.js';
import type { Segment } from './vma-segment.js';

type ComparedVma = VmaRelation & { readonly pages: PageCounts; readonly runs: PageStateRuns };

/** Pages of a shared memory that were counted. */
type Counted = Map<SharedMemory, PageSet>;

/** A part of a mapping as pages of the memory that it shows. */
interface Shown {
  readonly pages: PageSet;
  readonly start: number;
}

function shownBy(vma: Vma | undefined, vpn: number, counted: Counted): Shown | undefined {
  if (!vma?.shared) return undefined;
  const pages = counted.get(vma.shared) ?? new PageSet();
  counted.set(vma.shared, pages);
  return { pages, start: vpn - vpnOf(vma.vm_start) + Number(vma.vm_pgoff) };
}

/** How many pages of `part` were not counted before, in the memory before or after; they are from now on. */
function takeFresh(part: Segment, counted: Counted): number {
  const { nrPages } = part;
  const before = shownBy(part.before, part.vpn - part.shiftPages, counted);
  const after = shownBy(part.after, part.vpn, counted);
  const sides = [before, after].filter((side) => side !== undefined);
  let fresh: (readonly [number, number])[] = [[0, nrPages]];
  for (const { pages, start } of sides) {
    const left = fresh.flatMap(([from, to]) => pages.missing(start + from, start + to));
    fresh = left.map(([from, to]) => [from - start, to - start]);
  }
  for (const { pages, start } of sides) pages.add(start, start + nrPages);
  return fresh.reduce((sum, [from, to]) => sum + to - from, 0);
}

function countsOf(vma: ComparedVma, counted: Counted): PageCounts {
  if (!vma.before?.shared && !vma.after?.shared) return vma.pages;
  const counts = { ...NO_COUNTS };
  for (const { part, state } of segmentStates(vma)) {
    counts[PAGE_STATES[state] ?? 'same'] += takeFresh(part, counted);
  }
  return counts;
}

/**
 * The pages of all tasks together. A page of a shared memory counts once, as it is in the first mapping that shows it; the
 * counts of tasks and mappings have it wherever it is shown.
 */
export function countPagesOnce(tasks: readonly { readonly vmas: readonly ComparedVma[] }[]): PageCounts {
  const counted: Counted = new Map();
  const all = tasks.flatMap(({ vmas }) => vmas.map((vma) => countsOf(vma, counted)));
  return all.reduce(addCounts, NO_COUNTS);
}

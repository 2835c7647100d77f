import { NO_PAGES, firstRunFrom } from '../format/model/page-runs.js';
import { PAGE_BYTES } from '../format/model/page.js';
import { absentOf } from '../format/model/memory-map.js';
import { VMA_KINDS } from '../format/model/vma-kind.js';
import { NOT_HELD } from './page-compare.js';
import type { Vma } from '../format/model/image.js';
import type { PageRuns } from '../format/model/page-runs.js';
import type { Segment } from './vma-segment.js';

/**
 * Pages that at least one image holds, as spans that lie in one run on either side, in columns of equal length.
 * In the order of the segments they were planned from, and ascending in each.
 */
export interface PageSpans {
  /** Number of spans. */
  readonly count: number;
  /** Number of groups of segments. */
  readonly groups: number;
  /** Index of the group that the span belongs to; ascending. */
  readonly group: Uint32Array;
  /** First page, numbered as in the image after. */
  readonly vpn: Float64Array;
  readonly nrPages: Uint32Array;
  /** Where the first page lies in the contents of each image, in bytes; the others follow it. `NOT_HELD` without. */
  readonly beforeOffset: Float64Array;
  readonly afterOffset: Float64Array;
  /** 1 where one image holds the pages and in the other they read as zero. */
  readonly isAgainstZero: Uint8Array;
}

/** Walks the runs of one side in step with the other; numbers pages as in the image after. */
interface RunWalk {
  readonly runs: PageRuns;
  readonly shiftPages: number;
  index: number;
  /** The run that `index` names. */
  startVpn: number;
  endVpn: number;
}

type TakeSpan = (
  vpn: number,
  nrPages: number,
  beforeOffset: number,
  afterOffset: number,
  isAgainstZero: number,
) => void;

function enterRun(walk: RunWalk, index: number): void {
  const { runs, shiftPages } = walk;
  walk.index = index;
  walk.startVpn = index < runs.count ? (runs.vpn[index] ?? 0) + shiftPages : Infinity;
  walk.endVpn = walk.startVpn + (runs.nrPages[index] ?? 0);
}

function startWalk(vma: Vma | undefined, vpn: number, shiftPages: number): RunWalk {
  const runs = vma?.pages ?? NO_PAGES;
  const walk = { runs, shiftPages, index: 0, startVpn: 0, endVpn: 0 };
  enterRun(walk, firstRunFrom(runs, vpn - shiftPages));
  return walk;
}

/** The first page behind `vpn` where the walk enters or leaves a run. */
function nextBorder(walk: RunWalk, vpn: number): number {
  return walk.startVpn > vpn ? walk.startVpn : walk.endVpn;
}

function offsetAt(walk: RunWalk, vpn: number): number {
  if (walk.startVpn > vpn) return NOT_HELD;
  return (walk.runs.offset[walk.index] ?? 0) + (vpn - walk.startVpn) * PAGE_BYTES;
}

/** 1 where the side that holds no page has zeros there. */
function zeroSide(vma: Vma | undefined): number {
  return vma !== undefined && absentOf(vma) === 'zero' ? 1 : 0;
}

/** Of these kinds an image has all contents or none: where it has none, it says nothing of them. */
function saysNothing({ kind, pages }: Vma): boolean {
  const { contents } = VMA_KINDS[kind];
  return pages.count === 0 && (contents === 'all' || (contents === 'none' && VMA_KINDS[kind].absent === 'backing'));
}

function walkSegment(segment: Segment, take: TakeSpan): void {
  if (segment.before && segment.after && (saysNothing(segment.before) || saysNothing(segment.after))) return;
  const endVpn = segment.vpn + segment.nrPages;
  const before = startWalk(segment.before, segment.vpn, segment.shiftPages);
  const after = startWalk(segment.after, segment.vpn, 0);
  const [beforeZero, afterZero] = [zeroSide(segment.before), zeroSide(segment.after)];
  for (let vpn = segment.vpn; vpn < endVpn;) {
    const next = Math.min(endVpn, nextBorder(before, vpn), nextBorder(after, vpn));
    const [beforeOffset, afterOffset] = [offsetAt(before, vpn), offsetAt(after, vpn)];
    if (beforeOffset !== NOT_HELD && afterOffset !== NOT_HELD) take(vpn, next - vpn, beforeOffset, afterOffset, 0);
    else if (beforeOffset !== NOT_HELD) take(vpn, next - vpn, beforeOffset, NOT_HELD, afterZero);
    else if (afterOffset !== NOT_HELD) take(vpn, next - vpn, NOT_HELD, afterOffset, beforeZero);
    if (before.endVpn <= next) enterRun(before, before.index + 1);
    if (after.endVpn <= next) enterRun(after, after.index + 1);
    vpn = next;
  }
}

/**
 * Cuts the pages of `segments` where a run of either image begins or ends, without touching contents.
 *
 * @param groups  lists of segments; `group` in the result is the index
 */
export function planSpans(groups: readonly (readonly Segment[])[]): PageSpans {
  let count = 0;
  for (const segments of groups) for (const segment of segments) walkSegment(segment, () => count++);
  const spans = {
    count,
    groups: groups.length,
    group: new Uint32Array(count),
    vpn: new Float64Array(count),
    nrPages: new Uint32Array(count),
    beforeOffset: new Float64Array(count),
    afterOffset: new Float64Array(count),
    isAgainstZero: new Uint8Array(count),
  };
  let next = 0;
  let group = 0;
  const take: TakeSpan = (vpn, nrPages, beforeOffset, afterOffset, isAgainstZero) => {
    spans.group[next] = group;
    spans.vpn[next] = vpn;
    spans.nrPages[next] = nrPages;
    spans.beforeOffset[next] = beforeOffset;
    spans.afterOffset[next] = afterOffset;
    spans.isAgainstZero[next] = isAgainstZero;
    next++;
  };
  for (; group < groups.length; group++) for (const segment of groups[group] ?? []) walkSegment(segment, take);
  return spans;
}

/** Whether the contents of span `index` can be compared, with the other image's or with zeros. */
export function isComparable(spans: PageSpans, index: number): boolean {
  if (spans.isAgainstZero[index] === 1) return true;
  return spans.beforeOffset[index] !== NOT_HELD && spans.afterOffset[index] !== NOT_HELD;
}

/** Pages whose contents can be compared. */
export function comparablePages(spans: PageSpans): number {
  let totalPages = 0;
  for (let i = 0; i < spans.count; i++) if (isComparable(spans, i)) totalPages += spans.nrPages[i] ?? 0;
  return totalPages;
}

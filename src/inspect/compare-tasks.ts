import { PAGE_BYTES } from '../format/model/page.js';
import { NOT_HELD } from './page-compare.js';
import { isComparable } from './page-spans.js';
import type { BulkTask, ReadPlan } from '../format/bytes/crew.js';
import type { ComparePieces } from './compare-kernel.js';
import type { PageSpans } from './page-spans.js';

/**
 * Pages of one task, 2 MiB a side: half as much is read no faster and costs twice the messages, twice as much falls out of
 * the caches before it is compared.
 */
export const TASK_PAGES = 512;

/** Ranges of one side that a task reads, in columns that are used again. */
interface SideRanges {
  readonly offset: Float64Array;
  readonly length: Float64Array;
  count: number;
  /** Bytes in all ranges together. */
  usedBytes: number;
}

interface TaskColumns {
  readonly nrPages: Uint32Array;
  readonly beforeAt: Int32Array;
  readonly afterAt: Int32Array;
  count: number;
  readonly before: SideRanges;
  readonly after: SideRanges;
}

function openRanges(capacity: number): SideRanges {
  return { offset: new Float64Array(capacity), length: new Float64Array(capacity), count: 0, usedBytes: 0 };
}

function openColumns(capacity: number): TaskColumns {
  const [nrPages, beforeAt, afterAt] = [new Uint32Array(capacity), new Int32Array(capacity), new Int32Array(capacity)];
  return { nrPages, beforeAt, afterAt, count: 0, before: openRanges(capacity), after: openRanges(capacity) };
}

/**
 * Adds a range and returns where it begins in the buffer. Gaps smaller than a page are read over, as in `readAheadBytes`.
 */
function addRange(ranges: SideRanges, offset: number, lengthBytes: number): number {
  const last = ranges.count - 1;
  const lastLength = ranges.length[last] ?? 0;
  const gapBytes = offset - (ranges.offset[last] ?? 0) - lastLength;
  if (last >= 0 && gapBytes >= 0 && gapBytes < PAGE_BYTES) {
    ranges.length[last] = lastLength + gapBytes + lengthBytes;
    ranges.usedBytes += gapBytes + lengthBytes;
  } else {
    ranges.offset[ranges.count] = offset;
    ranges.length[ranges.count] = lengthBytes;
    ranges.count++;
    ranges.usedBytes += lengthBytes;
  }
  return ranges.usedBytes - lengthBytes;
}

function addPages(ranges: SideRanges, spanOffset: number, skipPages: number, nrPages: number): number {
  if (spanOffset === NOT_HELD) return NOT_HELD;
  return addRange(ranges, spanOffset + skipPages * PAGE_BYTES, nrPages * PAGE_BYTES);
}

function takeRanges(ranges: SideRanges, source: number): ReadPlan {
  const { offset, length, count } = ranges;
  ranges.count = 0;
  ranges.usedBytes = 0;
  return { source, offset: offset.slice(0, count), length: length.slice(0, count) };
}

function takeTask(columns: TaskColumns): BulkTask<ComparePieces> {
  const { nrPages, beforeAt, afterAt, count } = columns;
  columns.count = 0;
  return {
    parameters: {
      nrPages: nrPages.slice(0, count),
      beforeAt: beforeAt.slice(0, count),
      afterAt: afterAt.slice(0, count),
    },
    reads: [takeRanges(columns.before, 0), takeRanges(columns.after, 1)],
  };
}

/**
 * Cuts the comparable pages of `spans`, in their order, into tasks for two sources, before and after.
 *
 * @param taskPages  how many pages each task has, but for the last
 */
export function* planCompareTasks(spans: PageSpans, taskPages = TASK_PAGES): Generator<BulkTask<ComparePieces>> {
  const columns = openColumns(taskPages);
  let taskFree = taskPages;
  for (let span = 0; span < spans.count; span++) {
    if (!isComparable(spans, span)) continue;
    const spanPages = spans.nrPages[span] ?? 0;
    for (let page = 0; page < spanPages;) {
      const nrPages = Math.min(spanPages - page, taskFree);
      const i = columns.count++;
      columns.nrPages[i] = nrPages;
      columns.beforeAt[i] = addPages(columns.before, spans.beforeOffset[span] ?? NOT_HELD, page, nrPages);
      columns.afterAt[i] = addPages(columns.after, spans.afterOffset[span] ?? NOT_HELD, page, nrPages);
      page += nrPages;
      taskFree -= nrPages;
      if (taskFree > 0) continue;
      yield takeTask(columns);
      taskFree = taskPages;
    }
  }
  if (columns.count > 0) yield takeTask(columns);
}

import { PAGE_BYTES } from '../format/model/page.js';
import { progressInSteps } from './bulk-progress.js';
import { COMPARE_PAGES } from './compare-kernel.js';
import { TASK_PAGES, planCompareTasks } from './compare-tasks.js';
import { comparablePages, isComparable } from './page-spans.js';
import { addIncomparable, addMarked, addSame, openSpanStates, takeSpanStates } from './span-states.js';
import type { Crew } from '../format/bytes/crew.js';
import type { ByteSource } from '../format/bytes/source.js';
import type { PieceOptions } from './page-pieces.js';
import type { PageSpans } from './page-spans.js';
import type { PageStateRuns } from './page-states.js';
import type { SpanStates } from './span-states.js';

export interface CrewCompareOptions extends PieceOptions {
  readonly crew: Crew;
  /** Pages of one task; `TASK_PAGES` unless told. */
  readonly taskPages?: number | undefined;
}

/** How far the results have come in the spans. */
interface SpanCursor {
  readonly states: SpanStates;
  span: number;
  /** Pages of that span that are done. */
  spanPages: number;
}

/** Steps to the next page that can be compared, and adds those in between. */
function skipIncomparable(cursor: SpanCursor): void {
  const { states } = cursor;
  const { spans } = states;
  for (; cursor.span < spans.count && !isComparable(spans, cursor.span); cursor.span++)
    addIncomparable(states, cursor.span, spans.vpn[cursor.span] ?? 0, spans.nrPages[cursor.span] ?? 0);
}

/** Adds the result of one task, of `taskPages` pages from the cursor on. */
function addResult(cursor: SpanCursor, marks: Uint8Array, taskPages: number): void {
  const { states } = cursor;
  const { spans } = states;
  for (let done = 0; done < taskPages;) {
    skipIncomparable(cursor);
    const { span, spanPages } = cursor;
    const left = (spans.nrPages[span] ?? 0) - spanPages;
    const nrPages = Math.min(left, taskPages - done);
    const vpn = (spans.vpn[span] ?? 0) + spanPages;
    if (marks.length === 0) addSame(states, span, vpn, nrPages);
    else addMarked(states, span, vpn, nrPages, marks, done);
    done += nrPages;
    cursor.spanPages += nrPages;
    if (nrPages === left) {
      cursor.span++;
      cursor.spanPages = 0;
    }
  }
}

/**
 * Compares the pages of spans by a crew; what it returns and throws is that of `comparePages`.
 *
 * @param sources  where the contents lie, before and after
 */
export async function comparePagesByCrew(
  spans: PageSpans,
  sources: readonly [ByteSource, ByteSource],
  { crew, signal, onProgress, taskPages = TASK_PAGES }: CrewCompareOptions,
): Promise<PageStateRuns[]> {
  const cursor: SpanCursor = { states: openSpanStates(spans), span: 0, spanPages: 0 };
  const totalPages = comparablePages(spans);
  let donePages = 0;
  const tell = progressInSteps(totalPages * PAGE_BYTES, onProgress);
  for await (const marks of crew.run(COMPARE_PAGES, sources, planCompareTasks(spans, taskPages), { signal })) {
    const nrPages = Math.min(taskPages, totalPages - donePages);
    addResult(cursor, marks, nrPages);
    donePages += nrPages;
    tell(donePages * PAGE_BYTES);
  }
  skipIncomparable(cursor);
  return takeSpanStates(cursor.states);
}

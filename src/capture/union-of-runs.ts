import { PAGE_BYTES } from '../format/model/page.js';
import { PageRunsBuilder, type PageRuns } from '../format/model/page-runs.js';

/** A place in a table of runs: the pages of run `run` from `vpn` on are still to come. */
interface Cursor {
  readonly runs: PageRuns;
  run: number;
  vpn: number;
}

function endOf({ runs, run }: Cursor): number {
  return (runs.vpn[run] ?? 0) + (runs.nrPages[run] ?? 0);
}

/** Goes on to the first page from `vpn` on. */
function skipTo(cursor: Cursor, vpn: number): void {
  while (cursor.run < cursor.runs.count && endOf(cursor) <= vpn) cursor.run++;
  cursor.vpn = Math.max(vpn, cursor.runs.vpn[cursor.run] ?? Infinity);
}

/** Adds the pages of the cursor's run up to `end`, and goes on. */
function take(builder: PageRunsBuilder, cursor: Cursor, end: number): void {
  const { runs, run, vpn } = cursor;
  const offset = (runs.offset[run] ?? 0) + (vpn - (runs.vpn[run] ?? 0)) * PAGE_BYTES;
  builder.add(vpn, end - vpn, offset);
  skipTo(cursor, end);
}

/** The pages that any of two tables has, ascending; where both have a page, its contents are those of the first. */
export function unionOfRuns(first: PageRuns, second: PageRuns): PageRuns {
  if (first.count === 0) return second;
  if (second.count === 0) return first;
  const builder = new PageRunsBuilder();
  const a: Cursor = { runs: first, run: 0, vpn: first.vpn[0] ?? 0 };
  const b: Cursor = { runs: second, run: 0, vpn: second.vpn[0] ?? 0 };
  while (a.run < first.count || b.run < second.count) {
    if (a.vpn <= b.vpn) {
      const end = endOf(a);
      take(builder, a, end);
      if (b.vpn < end) skipTo(b, end);
    } else take(builder, b, Math.min(endOf(b), a.vpn));
  }
  return builder.take();
}

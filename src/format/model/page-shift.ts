import { PAGE_BYTES } from './page.js';
import { NO_PAGES, PageRunsBuilder, type PageRuns } from './page-runs.js';

/** The pages of an object that a mapping shows, by the addresses that it gives them. Source: spec/cr-stream.md 8.9. */
export function pagesShown(
  object: PageRuns,
  { startVpn, endVpn, pgoff }: { readonly startVpn: number; readonly endVpn: number; readonly pgoff: number },
): PageRuns {
  if (object.count === 0) return NO_PAGES;
  const shown = new PageRunsBuilder();
  for (let run = 0; run < object.count; run++) {
    const index = object.vpn[run] ?? 0;
    const first = Math.max(index, pgoff);
    const end = Math.min(index + (object.nrPages[run] ?? 0), pgoff + endVpn - startVpn);
    const offset = (object.offset[run] ?? 0) + (first - index) * PAGE_BYTES;
    if (end > first) shown.add(startVpn + first - pgoff, end - first, offset);
  }
  return shown.take();
}

/** The pages whose contents lie before `endOffset` as a whole: of a source that was cut, all that it has. */
export function pagesBefore(runs: PageRuns, endOffset: number): PageRuns {
  const last = runs.count - 1;
  if (last < 0 || (runs.offset[last] ?? 0) + (runs.nrPages[last] ?? 0) * PAGE_BYTES <= endOffset) return runs;
  const kept = new PageRunsBuilder();
  for (let run = 0; run < runs.count; run++) {
    const offset = runs.offset[run] ?? 0;
    const count = Math.min(runs.nrPages[run] ?? 0, Math.floor((endOffset - offset) / PAGE_BYTES));
    if (count > 0) kept.add(runs.vpn[run] ?? 0, count, offset);
  }
  return kept.take();
}

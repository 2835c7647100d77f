import { PAGE_BYTES } from '../../model/page.js';
import { PageRunsBuilder, type PageRuns } from '../../model/page-runs.js';

/** The pages whose contents end at `sizeBytes` or before; the same object where that is all. */
export function wholePages(runs: PageRuns, sizeBytes: number): PageRuns {
  const last = runs.count - 1;
  const end = (runs.offset[last] ?? 0) + (runs.nrPages[last] ?? 0) * PAGE_BYTES;
  // contents lie in the order of the addresses
  if (end <= sizeBytes) return runs;
  const builder = new PageRunsBuilder();
  for (let run = 0; run < runs.count; run++) {
    const offset = runs.offset[run] ?? 0;
    const whole = Math.max(0, Math.floor((sizeBytes - offset) / PAGE_BYTES));
    const pages = Math.min(runs.nrPages[run] ?? 0, whole);
    if (pages > 0) builder.add(runs.vpn[run] ?? 0, pages, offset);
  }
  return builder.take();
}

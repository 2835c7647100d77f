import { PAGE_BYTES, vpnOf } from '../model/page.js';
import { PageRunsBuilder, type PageRuns } from '../model/page-runs.js';
import type { Vma } from '../model/image.js';

type Range = Pick<Vma, 'vm_start' | 'vm_end' | 'vm_pgoff'>;

function moved(runs: PageRuns, by: number, startVpn: number, endVpn: number): PageRuns {
  const builder = new PageRunsBuilder();
  for (let run = 0; run < runs.count; run++) {
    const first = (runs.vpn[run] ?? 0) + by;
    const start = Math.max(first, startVpn);
    const end = Math.min(first + (runs.nrPages[run] ?? 0), endVpn);
    if (end > start) builder.add(start, end - start, (runs.offset[run] ?? 0) + (start - first) * PAGE_BYTES);
  }
  return builder.take();
}

/** The pages of shared memory that a mapping shows, by address. */
export function pagesShown(pages: PageRuns, { vm_start, vm_end, vm_pgoff }: Range): PageRuns {
  return moved(pages, vpnOf(vm_start) - Number(vm_pgoff), vpnOf(vm_start), vpnOf(vm_end));
}

/** The pages of a mapping by their index in what it shows. */
export function pagesByIndex(pages: PageRuns, { vm_start, vm_end, vm_pgoff }: Range): PageRuns {
  const first = Number(vm_pgoff);
  return moved(pages, first - vpnOf(vm_start), first, first + vpnOf(vm_end) - vpnOf(vm_start));
}

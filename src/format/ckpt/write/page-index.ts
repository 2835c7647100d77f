import type { Vma } from '../../model/image.js';
import { vpnOf } from '../../model/page.js';
import { PageRunsBuilder, type PageRuns } from '../../model/page-runs.js';
import { pagesShown } from '../../model/page-shift.js';

/** The pages of an object that a mapping shows, by address. */
export function shownBy(vma: Vma, pages: PageRuns): PageRuns {
  return pagesShown(pages, windowOf(vma));
}

/** Which pages of an object a mapping shows, and where. */
export function windowOf({ vm_start, vm_end, vm_pgoff }: Vma): {
  readonly startVpn: number;
  readonly endVpn: number;
  readonly pgoff: number;
} {
  return { startVpn: vpnOf(vm_start), endVpn: vpnOf(vm_end), pgoff: Number(vm_pgoff) };
}

/** The pages of a mapping by their index in what it shows. */
export function pagesByIndex({ pages, vm_start, vm_pgoff }: Vma): PageRuns {
  const builder = new PageRunsBuilder();
  const by = Number(vm_pgoff) - vpnOf(vm_start);
  for (let run = 0; run < pages.count; run++)
    builder.add((pages.vpn[run] ?? 0) + by, pages.nrPages[run] ?? 0, pages.offset[run] ?? 0);
  return builder.take();
}

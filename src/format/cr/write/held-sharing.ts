import type { SharedMemory } from '../../model/shared-memory.js';
import type { Task, Vma } from '../../model/image.js';
import { PAGE_BYTES, vpnOf } from '../../model/page.js';
import type { PageRuns } from '../../model/page-runs.js';
import type { Lose } from '../../linux-cr/losses.js';

/** Pages of an object, half open. */
interface Window {
  readonly start: number;
  readonly end: number;
}

interface Shown {
  readonly path: string;
  readonly windows: Window[];
}

/** What tasks and mappings have in common: the family gives each its own. */
export function loseSharing(tasks: readonly Task[], lose: Lose): void {
  loseCommon(tasks, ({ mm }) => mm, 'mm', 'their memory', lose);
  loseCommon(tasks, ({ files }) => (files.length > 0 ? files : undefined), 'files', 'their descriptors', lose);
  for (const [memory, { path, windows }] of sharedMemoryOf(tasks)) {
    const unseen = memory.pages.totalPages - countShown(memory.pages, windows);
    if (windows.length === 1 && unseen === 0) continue;
    const by = windows.length > 1 ? `by ${String(windows.length)} mappings` : 'with others';
    const more = unseen > 0 ? `, and ${String(unseen)} pages that none of them shows` : '';
    lose(`${path}.shared`, `that memory is shared ${by}${more}`, 'has no sharing', unseen * PAGE_BYTES);
  }
}

function loseCommon(
  tasks: readonly Task[],
  partOf: (task: Task) => object | undefined,
  name: string,
  what: string,
  lose: Lose,
): void {
  const owners = new Map<object, number[]>();
  tasks.forEach((task, i) => {
    const part = partOf(task);
    if (part) owners.set(part, [...(owners.get(part) ?? []), i]);
  });
  for (const indices of owners.values()) {
    if (indices.length === 1) continue;
    lose(`task[${String(indices[0])}].${name}`, `that ${String(indices.length)} tasks share ${what}`, 'has no sharing');
  }
}

/** Every shared object, where it shows first, and what of it the mappings show. */
function sharedMemoryOf(tasks: readonly Task[]): Map<SharedMemory, Shown> {
  const all = new Map<SharedMemory, Shown>();
  const seen = new Set<object>();
  tasks.forEach(({ mm }, i) => {
    if (!mm || seen.has(mm)) return;
    seen.add(mm);
    mm.vmas.forEach((vma, j) => {
      if (!vma.shared) return;
      const shown = all.get(vma.shared) ?? { path: `task[${String(i)}].mm.vma[${String(j)}]`, windows: [] };
      all.set(vma.shared, shown);
      shown.windows.push(windowOf(vma));
    });
  });
  return all;
}

function windowOf({ vm_start, vm_end, vm_pgoff }: Vma): Window {
  const start = Number(vm_pgoff);
  return { start, end: start + vpnOf(vm_end) - vpnOf(vm_start) };
}

/** How many of the pages lie in any window. */
function countShown(pages: PageRuns, windows: readonly Window[]): number {
  const ascending = [...windows].sort((a, b) => a.start - b.start);
  let shown = 0;
  for (let run = 0; run < pages.count; run++) {
    let from = pages.vpn[run] ?? 0;
    const end = from + (pages.nrPages[run] ?? 0);
    for (const window of ascending) {
      from = Math.max(from, window.start);
      const pagesShown = Math.max(0, Math.min(end, window.end) - from);
      shown += pagesShown;
      from += pagesShown;
    }
  }
  return shown;
}

import type { Task } from '../format/model/image.js';
import { PAGE_BYTES } from '../format/model/page.js';
import { PageRunsBuilder, type PageRuns } from '../format/model/page-runs.js';
import type { SharedMemory } from '../format/model/shared-memory.js';

/** Those of the pages whose contents lie at `[from, to)`. */
function runsAt(runs: PageRuns, from: number, to: number): PageRuns {
  const builder = new PageRunsBuilder();
  for (let run = 0; run < runs.count; run++) {
    const offset = runs.offset[run] ?? 0;
    const start = Math.max(from, offset);
    const end = Math.min(to, offset + (runs.nrPages[run] ?? 0) * PAGE_BYTES);
    if (start < end)
      builder.add((runs.vpn[run] ?? 0) + (start - offset) / PAGE_BYTES, (end - start) / PAGE_BYTES, start);
  }
  return builder.take();
}

function isAscending({ count, offset }: PageRuns): boolean {
  for (let run = 1; run < count; run++) if ((offset[run - 1] ?? 0) > (offset[run] ?? 0)) return false;
  return true;
}

/** The same runs in order of their place: views of an object are placed in another order than its pages have. */
function ascending(runs: PageRuns): PageRuns {
  if (isAscending(runs)) return runs;
  const order = Float64Array.from({ length: runs.count }, (_, run) => run);
  order.sort((a, b) => (runs.offset[a] ?? 0) - (runs.offset[b] ?? 0));
  const vpn = order.map((run) => runs.vpn[run] ?? 0);
  const offset = order.map((run) => runs.offset[run] ?? 0);
  return { ...runs, vpn, nrPages: Uint32Array.from(order, (run) => runs.nrPages[run] ?? 0), offset };
}

/**
 * All pages of processes that were described together, each once and in ascending order of their place in the contents: what
 * lies in the memory of the first, what is private in the others, and what shared objects have besides.
 *
 * @param tasks        the first of these is the one whose addresses are offsets
 * @param memoryBytes  how far its memory reaches in the contents
 */
export function* runsByPlace([first, ...others]: readonly Task[], memoryBytes: number): Generator<PageRuns> {
  const shared = new Set<SharedMemory>();
  for (const vma of first?.mm?.vmas ?? []) {
    if (!vma.shared) {
      yield vma.pages;
      continue;
    }
    shared.add(vma.shared);
    yield runsAt(vma.shared.pages, Number(vma.vm_start), Number(vma.vm_end));
  }
  const behind: PageRuns[] = [];
  for (const { mm } of others)
    for (const vma of mm?.vmas ?? []) {
      if (vma.shared) shared.add(vma.shared);
      else behind.push(vma.pages);
    }
  for (const { pages } of shared) behind.push(ascending(runsAt(pages, memoryBytes, Infinity)));
  // what is placed for one mapping, or one object, lies together
  yield* behind.filter(({ count }) => count > 0).sort((a, b) => (a.offset[0] ?? 0) - (b.offset[0] ?? 0));
}

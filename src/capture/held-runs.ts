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

/**
 * All pages of one process, each once and in ascending order of their place in the contents: what lies in its memory
 * first, then what shared objects have besides.
 */
export function* runsByPlace(task: Task, memoryBytes: number): Generator<PageRuns> {
  const shared = new Set<SharedMemory>();
  for (const vma of task.mm?.vmas ?? []) {
    if (!vma.shared) {
      yield vma.pages;
      continue;
    }
    shared.add(vma.shared);
    yield runsAt(vma.shared.pages, Number(vma.vm_start), Number(vma.vm_end));
  }
  for (const { pages } of shared) yield runsAt(pages, memoryBytes, Infinity);
}

import { PAGE_BYTES, vpnOf } from '../../format/model/page.js';
import { PageRunsBuilder, type PageRuns } from '../../format/model/page-runs.js';
import { labelIfReferenced, type Walk } from './walk.js';
import type { Plain } from './bencode.js';
import type { MappedVma } from '../shared-memory.js';
import type { Vma } from '../../format/model/image.js';
import type { SharedMemory } from '../../format/model/shared-memory.js';

const PAGE = BigInt(PAGE_BYTES);

/** Shared memory: described where it is met first. */
export function memoryForm(walk: Walk, memory: SharedMemory): Plain {
  return walk.labels.once(memory, () => {
    walk.described.push(memory);
    return { sizeBytes: memory.sizeBytes, id: labelIfReferenced(walk, memory.id) };
  });
}

/**
 * Whether a mapping is all there is of the memory that it shows: no other shows it, no record holds it, and it has neither
 * pages nor bytes beside those. Then it says no more than the mapping alone.
 */
export function isOwnMemory({ users, segments }: Walk, vma: Vma, memory: SharedMemory): boolean {
  if (segments.has(memory) || users.get(memory)?.length !== 1) return false;
  const { fileBytes = 0n, vm_start, vm_end, vm_pgoff, pages } = vma;
  const shownBytes = vm_end - vm_start;
  const isSized = fileBytes === 0n || fileBytes === shownBytes || fileBytes === vm_pgoff * PAGE + shownBytes;
  return isSized && memory.sizeBytes === fileBytes && memory.pages.totalPages === pages.totalPages;
}

/** The pages of shared memory that no mapping shows. */
export function hiddenPages({ pages }: SharedMemory, users: readonly MappedVma[]): PageRuns {
  const windows = users.map(({ vma: { vm_start, vm_end, vm_pgoff } }) => {
    const start = Number(vm_pgoff);
    return { start, end: start + vpnOf(vm_end) - vpnOf(vm_start) };
  });
  windows.sort((a, b) => a.start - b.start);
  const hidden = new PageRunsBuilder();
  for (let run = 0; run < pages.count; run++) {
    const first = pages.vpn[run] ?? 0;
    const end = first + (pages.nrPages[run] ?? 0);
    const offset = pages.offset[run] ?? 0;
    const add = (from: number, to: number): void => {
      if (to > from) hidden.add(from, to - from, offset + (from - first) * PAGE_BYTES);
    };
    let from = first;
    for (const window of windows) {
      add(from, Math.min(end, window.start));
      from = Math.max(from, window.end);
    }
    add(from, end);
  }
  return hidden.take();
}

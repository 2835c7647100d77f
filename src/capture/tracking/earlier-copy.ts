import type { ByteSource } from '../../format/bytes/source.js';
import type { Image, Vma } from '../../format/model/image.js';
import { PAGE_BYTES, vpnOf } from '../../format/model/page.js';
import { NO_PAGES, PageRunsBuilder, firstRunFrom, type PageRuns } from '../../format/model/page-runs.js';
import type { SharedMemory } from '../../format/model/shared-memory.js';
import { VM_FLAGS } from '../../format/model/vm-flags.js';

/** What an earlier copy has of an address space. */
export interface EarlierCopy {
  /** Ascending, without overlap; offsets of pages point into `contents`. */
  readonly vmas: readonly Vma[];
  readonly contents: ByteSource;
}

const SHARING = VM_FLAGS.SHARED | VM_FLAGS.MAYSHARE | VM_FLAGS.HUGETLB;

/**
 * The memory that an image has of a process, if it has it; the process is known by its pid. Where several have that, in
 * namespaces of their own, nothing tells which it is: then there is none.
 */
export function copyInImage({ tasks, contents }: Image, pid: number): EarlierCopy | undefined {
  const [mm, ...others] = new Set(tasks.filter((task) => task.pid === pid).map((task) => task.mm));
  return mm && others.length === 0 ? { vmas: mm.vmas, contents } : undefined;
}

/** Whether both map the same thing at the same place: what a page is in one it is in the other. */
export function isSameMapping(now: Vma, then: Vma): boolean {
  return now.kind === then.kind && isSameFile(now, then);
}

function isSameFile(now: Vma, then: Vma): boolean {
  return (
    now.name === then.name &&
    (now.vm_flags & SHARING) === (then.vm_flags & SHARING) &&
    vpnOf(now.vm_start) - Number(now.vm_pgoff) === vpnOf(then.vm_start) - Number(then.vm_pgoff)
  );
}

/** Index of the first mapping that ends above an address. */
function firstVmaFrom(vmas: readonly Vma[], vaddr: bigint): number {
  let low = 0;
  let high = vmas.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((vmas[middle]?.vm_end ?? 0n) <= vaddr) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Those of the mappings that lie, at least in part, where this one does. */
function overlapping(vmas: readonly Vma[], { vm_start, vm_end }: Vma): Vma[] {
  const found: Vma[] = [];
  for (let i = firstVmaFrom(vmas, vm_start); i < vmas.length; i++) {
    const vma = vmas[i];
    if (!vma || vma.vm_start >= vm_end) break;
    found.push(vma);
  }
  return found;
}

function joined(vmas: readonly Vma[]): PageRuns {
  const [first, ...others] = vmas;
  if (!first) return NO_PAGES;
  if (others.length === 0) return first.pages;
  const builder = new PageRunsBuilder();
  for (const { pages } of vmas)
    for (let run = 0; run < pages.count; run++)
      builder.add(pages.vpn[run] ?? 0, pages.nrPages[run] ?? 0, pages.offset[run] ?? 0);
  return builder.take();
}

/** What an earlier copy has where a mapping is now. */
export interface EarlierPages {
  /** At the same addresses, whatever was mapped there. */
  readonly any: PageRuns;
  /** Of the same mapping. */
  readonly same: PageRuns;
}

/** The pages that an earlier copy has where a mapping is now. */
export function earlierPages({ vmas }: Pick<EarlierCopy, 'vmas'>, now: Vma): EarlierPages {
  const there = overlapping(vmas, now);
  const same = there.filter((then) => isSameMapping(now, then));
  const any = joined(there);
  return { any, same: same.length === there.length ? any : joined(same) };
}

/** Takes a run of pages that an earlier copy has at `offset`, or does not have. */
export type TakeOverlap = (vpn: number, nrPages: number, offset: number | undefined) => void;

/** Divides a run of pages by what an earlier copy has of it, ascending. */
export function divide(runs: PageRuns, vpn: number, nrPages: number, take: TakeOverlap): void {
  const end = vpn + nrPages;
  let at = vpn;
  for (let run = firstRunFrom(runs, vpn); run < runs.count && at < end; run++) {
    const start = runs.vpn[run] ?? 0;
    if (start >= end) break;
    if (start > at) take(at, start - at, undefined);
    const from = Math.max(at, start);
    const to = Math.min(end, start + (runs.nrPages[run] ?? 0));
    take(from, to - from, (runs.offset[run] ?? 0) + (from - start) * PAGE_BYTES);
    at = to;
  }
  if (at < end) take(at, end - at, undefined);
}

/**
 * The shared memory that an image has where a mapping shows it: of the same name from the same page on. Of what kind it is the
 * image may not tell: a segment without its facts is written as any shared memory is.
 */
export function earlierObject({ vmas }: Pick<EarlierCopy, 'vmas'>, now: Vma): SharedMemory | undefined {
  return overlapping(vmas, now).find((then) => then.shared !== undefined && isSameFile(now, then))?.shared;
}

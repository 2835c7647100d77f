import type { Loss, Note, Task, Vma } from '../format/model/image.js';
import { PAGE_BYTES } from '../format/model/page.js';
import { PageRunsBuilder, type PageRuns } from '../format/model/page-runs.js';
import type { SharedMemory } from '../format/model/shared-memory.js';
import { UNIT } from './held-copy.js';
import { pieceAt, type HeldPlan } from './held-plan.js';

/** What is not in an image because the time was over before it was read. */
export interface PartialCapture {
  readonly missingPages: number;
  readonly missingBytes: number;
  /** One for each mapping that lacks pages. */
  readonly losses: readonly Loss[];
}

/** What was read of a plan in time, told by place in the contents. */
class ReadPieces {
  readonly #plan: HeldPlan;
  /** 1 for each piece that was read. */
  readonly #isRead: Uint8Array;

  constructor(plan: HeldPlan, units: Int32Array) {
    this.#plan = plan;
    this.#isRead = new Uint8Array(plan.count);
    for (let unit = 0, piece = 0; unit < units.length; unit++)
      for (; piece < (plan.unitEnd[unit] ?? 0); piece++) this.#isRead[piece] = units[unit] === UNIT.read ? 1 : 0;
  }

  get missingBytes(): number {
    return this.#plan.length.reduce((sum, length, piece) => sum + (this.#isRead[piece] === 1 ? 0 : length), 0);
  }

  /** Those of the pages that were read in time. */
  keep(runs: PageRuns): PageRuns {
    const kept = new PageRunsBuilder();
    const { vaddr, length } = this.#plan;
    for (let run = 0; run < runs.count; run++) {
      const start = runs.offset[run] ?? 0;
      const end = start + (runs.nrPages[run] ?? 0) * PAGE_BYTES;
      for (let piece = pieceAt(this.#plan, start); (vaddr[piece] ?? Infinity) < end; piece++) {
        const from = Math.max(start, vaddr[piece] ?? 0);
        const bytes = Math.min(end, (vaddr[piece] ?? 0) + (length[piece] ?? 0)) - from;
        if (this.#isRead[piece] !== 1 || bytes <= 0) continue;
        kept.add((runs.vpn[run] ?? 0) + (from - start) / PAGE_BYTES, bytes / PAGE_BYTES, from);
      }
    }
    return kept.take();
  }
}

function lossOf(vma: Vma, index: number, pages: PageRuns): Loss[] {
  const missing = vma.pages.totalPages - pages.totalPages;
  if (missing === 0) return [];
  const what = `${String(missing)} of ${String(vma.pages.totalPages)} pages`;
  const why = 'the time that the process may stand still was over';
  return [{ path: `task[0].mm.vma[${String(index)}]`, what, why, bytes: missing * PAGE_BYTES }];
}

/** Gives mappings what was read of them; those that showed one object show one again. */
function withRead(vmas: readonly Vma[], pieces: ReadPieces): Vma[] {
  const objects = new Map<SharedMemory, SharedMemory>();
  const keepShared = (shared: SharedMemory): SharedMemory => {
    const kept = objects.get(shared) ?? { ...shared, pages: pieces.keep(shared.pages) };
    objects.set(shared, kept);
    return kept;
  };
  return vmas.map((vma) => {
    const pages = pieces.keep(vma.pages);
    return vma.shared ? { ...vma, pages, shared: keepShared(vma.shared) } : { ...vma, pages };
  });
}

/** The task with those pages alone that were read in time, and what it lacks. @param plan of all pages of the task */
export function keepRead(
  task: Task,
  plan: HeldPlan,
  units: Int32Array,
): { readonly task: Task; readonly partial: PartialCapture } {
  const pieces = new ReadPieces(plan, units);
  const before = task.mm?.vmas ?? [];
  const vmas = withRead(before, pieces);
  const losses = before.flatMap((vma, i) => lossOf(vma, i, vmas[i]?.pages ?? vma.pages));
  const { missingBytes } = pieces;
  const mm = task.mm && { ...task.mm, vmas };
  return { task: { ...task, mm }, partial: { missingPages: missingBytes / PAGE_BYTES, missingBytes, losses } };
}

/** The note that an image is not whole. */
export function noteOfPartial({ missingPages, losses }: PartialCapture): Note {
  const pages = `${String(missingPages)} pages of ${String(losses.length)} mappings`;
  const message = `${pages} are missing: the time that the process may stand still was over`;
  return { code: 'PARTIAL', message, at: { offset: 0, path: 'task[0].mm' } };
}

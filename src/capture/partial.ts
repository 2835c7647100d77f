import type { Loss, Note, Task, Vma } from '../format/model/image.js';
import { PAGE_BYTES } from '../format/model/page.js';
import { PageRunsBuilder, type PageRuns } from '../format/model/page-runs.js';
import { UNIT } from './held-copy.js';
import type { HeldPlan } from './held-plan.js';

/** What is not in an image because the time was over before it was read. */
export interface PartialCapture {
  readonly missingPages: number;
  readonly missingBytes: number;
  /** One for each mapping that lacks pages. */
  readonly losses: readonly Loss[];
}

/** Walks the pieces of a plan in its order, along with the runs that it was made from. */
class ReadPieces {
  readonly #plan: HeldPlan;
  readonly #units: Int32Array;
  #piece = 0;
  #unit = 0;

  constructor(plan: HeldPlan, units: Int32Array) {
    this.#plan = plan;
    this.#units = units;
  }

  /** Those pages of the next runs that were read in time. */
  keep(runs: PageRuns): PageRuns {
    const kept = new PageRunsBuilder();
    for (let run = 0; run < runs.count; run++) {
      const end = (runs.offset[run] ?? 0) + (runs.nrPages[run] ?? 0) * PAGE_BYTES;
      const shift = (runs.vpn[run] ?? 0) * PAGE_BYTES - (runs.offset[run] ?? 0);
      for (let at = runs.offset[run] ?? 0; at < end && this.#piece < this.#plan.count; this.#piece++) {
        const length = this.#plan.length[this.#piece] ?? 0;
        if (this.#isRead()) kept.add((at + shift) / PAGE_BYTES, length / PAGE_BYTES, at);
        at += length;
      }
    }
    return kept.take();
  }

  #isRead(): boolean {
    while (this.#piece >= (this.#plan.unitEnd[this.#unit] ?? Infinity)) this.#unit++;
    return this.#units[this.#unit] === UNIT.read;
  }
}

function lossOf(vma: Vma, index: number, pages: PageRuns): Loss[] {
  const missing = vma.pages.totalPages - pages.totalPages;
  if (missing === 0) return [];
  const what = `${String(missing)} of ${String(vma.pages.totalPages)} pages`;
  const why = 'the time that the process may stand still was over';
  return [{ path: `task[0].mm.vma[${String(index)}]`, what, why, bytes: missing * PAGE_BYTES }];
}

/** The task with those pages alone that were read in time, and what it lacks. @param plan of all pages of the task */
export function keepRead(
  task: Task,
  plan: HeldPlan,
  units: Int32Array,
): { readonly task: Task; readonly partial: PartialCapture } {
  const pieces = new ReadPieces(plan, units);
  const before = task.mm?.vmas ?? [];
  const vmas = before.map((vma) => ({ ...vma, pages: pieces.keep(vma.pages) }));
  const losses = before.flatMap((vma, i) => lossOf(vma, i, vmas[i]?.pages ?? vma.pages));
  const missingBytes = losses.reduce((sum, { bytes }) => sum + bytes, 0);
  const mm = task.mm && { ...task.mm, vmas };
  return { task: { ...task, mm }, partial: { missingPages: missingBytes / PAGE_BYTES, missingBytes, losses } };
}

/** The note that an image is not whole. */
export function noteOfPartial({ missingPages, losses }: PartialCapture): Note {
  const pages = `${String(missingPages)} pages of ${String(losses.length)} mappings`;
  const message = `${pages} are missing: the time that the process may stand still was over`;
  return { code: 'PARTIAL', message, at: { offset: 0, path: 'task[0].mm' } };
}

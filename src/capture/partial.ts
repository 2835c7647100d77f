import type { Loss, Note, Task, Vma } from '../format/model/image.js';
import { PAGE_BYTES, vpnOf } from '../format/model/page.js';
import { rangesOfBoth, rangesWithout } from '../format/model/page-ranges.js';
import { PageRunsBuilder, type PageRuns } from '../format/model/page-runs.js';
import type { SharedMemory } from '../format/model/shared-memory.js';
import { uncapturedShown, type Uncaptured } from '../format/model/uncaptured.js';
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
    const { offset, length } = this.#plan;
    for (let run = 0; run < runs.count; run++) {
      const start = runs.offset[run] ?? 0;
      const end = start + (runs.nrPages[run] ?? 0) * PAGE_BYTES;
      for (let piece = pieceAt(this.#plan, start); (offset[piece] ?? Infinity) < end; piece++) {
        const from = Math.max(start, offset[piece] ?? 0);
        const bytes = Math.min(end, (offset[piece] ?? 0) + (length[piece] ?? 0)) - from;
        if (this.#isRead[piece] !== 1 || bytes <= 0) continue;
        kept.add((runs.vpn[run] ?? 0) + (from - start) / PAGE_BYTES, bytes / PAGE_BYTES, from);
      }
    }
    return kept.take();
  }
}

const WHY = 'the time that the process may stand still was over';

function lossOf(vma: Vma, path: string, pages: PageRuns): Loss[] {
  const missing = vma.pages.totalPages - pages.totalPages;
  if (missing === 0) return [];
  const what = `${String(missing)} of ${String(vma.pages.totalPages)} pages`;
  return [{ path, what, why: WHY, bytes: missing * PAGE_BYTES }];
}

/** What has pages, some of which may not have been captured. */
type Holding = Pick<Vma, 'pages' | 'uncaptured'>;

/** That pages which were not read in time are not known. A mapping has one reason: that of the whole capture, if it is short of pages. */
function uncapturedOf(
  { pages, uncaptured }: Holding,
  kept: PageRuns,
): { readonly uncaptured?: Uncaptured | undefined } {
  const late = rangesWithout(pages, kept);
  if (late.count === 0) return {};
  return { uncaptured: { ranges: rangesOfBoth(uncaptured?.ranges, late) ?? late, reason: 'deadline' } };
}

/** Keeps of mappings what was read of them; those that showed one object show one again. */
class Keeping {
  readonly #pieces: ReadPieces;
  readonly #objects = new Map<SharedMemory, SharedMemory>();
  readonly losses: Loss[] = [];

  constructor(pieces: ReadPieces) {
    this.#pieces = pieces;
  }

  task(task: Task, index: number): Task {
    const { mm } = task;
    if (!mm) return task;
    const vmas = mm.vmas.map((vma) => this.#vma(vma));
    mm.vmas.forEach((vma, i) => {
      const path = `task[${String(index)}].mm.vma[${String(i)}]`;
      this.losses.push(...lossOf(vma, path, vmas[i]?.pages ?? vma.pages));
    });
    return { ...task, mm: { ...mm, vmas } };
  }

  #vma(vma: Vma): Vma {
    const pages = this.#pieces.keep(vma.pages);
    if (!vma.shared) return { ...vma, pages, ...uncapturedOf(vma, pages) };
    const shared = this.#shared(vma.shared);
    const window = { startVpn: vpnOf(vma.vm_start), endVpn: vpnOf(vma.vm_end), pgoff: Number(vma.vm_pgoff) };
    const uncaptured = uncapturedShown(shared.uncaptured, window);
    return { ...vma, pages, shared, ...(uncaptured && { uncaptured }) };
  }

  #shared(shared: SharedMemory): SharedMemory {
    const known = this.#objects.get(shared);
    if (known) return known;
    const pages = this.#pieces.keep(shared.pages);
    const kept = { ...shared, pages, ...uncapturedOf(shared, pages) };
    this.#objects.set(shared, kept);
    return kept;
  }
}

/** Tasks, at least one. */
type Tasks = readonly [Task, ...Task[]];

/** The tasks with those pages alone that were read in time, and what they lack. @param plan of all pages of the tasks */
export function keepRead(
  [first, ...others]: Tasks,
  plan: HeldPlan,
  units: Int32Array,
): { readonly tasks: Tasks; readonly partial: PartialCapture } {
  const pieces = new ReadPieces(plan, units);
  const keeping = new Keeping(pieces);
  const tasks: Tasks = [keeping.task(first, 0), ...others.map((task, i) => keeping.task(task, i + 1))];
  const { missingBytes } = pieces;
  return { tasks, partial: { missingPages: missingBytes / PAGE_BYTES, missingBytes, losses: keeping.losses } };
}

/** The note that an image is not whole. */
export function noteOfPartial({ missingPages, losses }: PartialCapture): Note {
  const pages = `${String(missingPages)} pages of ${String(losses.length)} mappings`;
  return { code: 'PARTIAL', message: `${pages} are missing: ${WHY}`, at: { offset: 0, path: losses[0]?.path ?? '' } };
}

import { hexNumber, jsonInteger } from '../format/layout/unit.js';
import { PAGE_BYTES } from '../format/model/page.js';
import { comparePagesByCrew } from './compare-by-crew.js';
import { comparePages } from './compare-here.js';
import { openPieces } from './page-pieces.js';
import { comparablePages, planSpans } from './page-spans.js';
import { NO_COUNTS, NO_STATE_RUNS, addCounts, countStates, hasDifferentPages } from './page-states.js';
import { fieldChanges } from './field-change.js';
import { diffFiles, fileComparison, type FileComparison } from './file-diff.js';
import { kernelItemChanges } from './kernel-diff.js';
import { refuseMissingPages } from './layer-pages.js';
import { countPagesOnce } from './shared-counts.js';
import { sharedParts } from './shared-parts.js';
import { pairTasks, taskFields } from './task-pairing.js';
import { diffThreads } from './thread-diff.js';
import { relateVmas } from './vma-relation.js';
import type { Crew } from '../format/bytes/crew.js';
import type { Image, Task } from '../format/model/image.js';
import type { FieldChange, FieldTable } from './field-change.js';
import type { FileDiff } from './file-diff.js';
import type { PieceOptions } from './page-pieces.js';
import type { PageSpans } from './page-spans.js';
import type { PageCounts, PageStateRuns } from './page-states.js';
import type { Sides } from './sides.js';
import type { ThreadDiff } from './thread-diff.js';
import type { VmaRelation } from './vma-relation.js';

/** A mapping before and after, and what became of its pages. */
export type VmaDiff = VmaRelation & {
  readonly pages: PageCounts;
  /** Pages numbered as in the image after; those of a moved mapping were `shiftPages` lower before. */
  readonly runs: PageStateRuns;
};

/** A task before and after; one side is undefined for a task that was added or removed. */
export type TaskDiff = Sides<Task> & {
  readonly fields: readonly FieldChange[];
  /** Only those that differ, as with `files`. */
  readonly threads: readonly ThreadDiff[];
  readonly files: readonly FileDiff[];
  /** All mappings, ascending by address. */
  readonly vmas: readonly VmaDiff[];
  /** The first task that has the same memory, before and after: it has the mappings, too. */
  readonly mmSharedWith: number | null;
  readonly filesSharedWith: number | null;
  readonly pages: PageCounts;
};

export interface DiffOptions extends PieceOptions {
  /** Who compares page contents where there are many; without, this thread does it all. */
  readonly crew?: Crew | undefined;
}

/** From so many bytes of one image on it pays to share the work of comparing them. */
const CREW_MIN_BYTES = 64 * 1024 * 1024;

export interface ImageDiff {
  /** Names of the images. */
  readonly before: string;
  readonly after: string;
  /** Whether anything differs but the time of taking. */
  readonly isDifferent: boolean;
  readonly header: readonly FieldChange[];
  readonly tasks: readonly TaskDiff[];
  /** Of all tasks together; a page that several mappings show counts once, as it is in the first of them. */
  readonly pages: PageCounts;
}

/** The one field in which images of the same thing differ. */
const TAKING_TIME = 'timeSeconds';

const HEADER_FIELDS: FieldTable<Image> = [
  ['wordBytes', ({ format }) => format.wordBytes],
  ['kernel', ({ header: { kernel } }) => [kernel.major, kernel.minor, kernel.patch].join('.')],
  ['uname.release', ({ header }) => header.uname.release],
  ['uname.version', ({ header }) => header.uname.version],
  ['uname.machine', ({ header }) => header.uname.machine],
  [TAKING_TIME, ({ header }) => jsonInteger(header.timeSeconds)],
  ['cpu.hasFxsr', ({ header }) => header.cpu.hasFxsr],
  ['cpu.hasXsave', ({ header }) => header.cpu.hasXsave],
  ['uflags', ({ header }) => (header.uflags === undefined ? undefined : hexNumber(header.uflags))],
  ['cpu.xstateBytes', ({ header }) => header.cpu.xstateBytes],
];

function structuresOf(tasks: readonly Sides<Task>[], comparison: FileComparison): TaskDiff[] {
  const mmSharers = sharedParts(tasks, ({ mm }) => mm);
  const filesSharers = sharedParts(tasks, ({ files }) => files);
  return tasks.map((task, i) => structureOf(task, mmSharers[i] ?? null, filesSharers[i] ?? null, comparison));
}

function structureOf(
  task: Sides<Task>,
  mmSharedWith: number | null,
  filesSharedWith: number | null,
  comparison: FileComparison,
): TaskDiff {
  const { presence, before, after } = task;
  const isPaired = presence === 'both';
  const fields = isPaired ? taskFields(before, after) : [];
  return {
    ...task,
    fields: mmSharedWith === null ? fields : fields.filter(({ name }) => !name.startsWith('mm.')),
    threads: isPaired ? diffThreads(before, after) : [],
    files: isPaired && filesSharedWith === null ? diffFiles(before.files, after.files, comparison) : [],
    vmas: mmSharedWith === null ? relateVmas(before?.mm?.vmas ?? [], after?.mm?.vmas ?? []).map(withoutPages) : [],
    mmSharedWith,
    filesSharedWith,
    pages: NO_COUNTS,
  };
}

function headerChanges(before: Image, after: Image): FieldChange[] {
  const [a, b] = [before.header.container, after.header.container];
  return [...fieldChanges(HEADER_FIELDS, before, after), ...(a && b ? kernelItemChanges('container', a, b) : [])];
}

function withoutPages(relation: VmaRelation): VmaDiff {
  return { ...relation, pages: NO_COUNTS, runs: NO_STATE_RUNS };
}

/** Puts the page states, one for each mapping in order, into the tasks. */
function withStates(tasks: readonly TaskDiff[], states: readonly PageStateRuns[]): TaskDiff[] {
  let next = 0;
  return tasks.map((task) => {
    const vmas = task.vmas.map((vma) => {
      const runs = states[next++] ?? NO_STATE_RUNS;
      return { ...vma, runs, pages: countStates(runs) };
    });
    return { ...task, vmas, pages: vmas.reduce((sum, vma) => addCounts(sum, vma.pages), NO_COUNTS) };
  });
}

/** Whether a mapping differs in itself or in its contents. */
export function isVmaDifferent(vma: VmaDiff): boolean {
  return vma.changes.length > 0 || hasDifferentPages(vma.pages);
}

/** Whether anything of a task differs. */
export function isTaskDifferent(task: TaskDiff): boolean {
  if (task.presence !== 'both') return true;
  return task.fields.length + task.threads.length + task.files.length > 0 || task.vmas.some(isVmaDifferent);
}

function compareSpans(spans: PageSpans, before: Image, after: Image, options: DiffOptions): Promise<PageStateRuns[]> {
  const { crew } = options;
  const [a, b] = [before.contents, after.contents];
  const isMuch = comparablePages(spans) * PAGE_BYTES >= CREW_MIN_BYTES;
  // tasks read in no order: a pipe cannot
  if (crew === undefined || !isMuch || !a.isSeekable || !b.isSeekable)
    return comparePages(openPieces(spans, a, b, options));
  return comparePagesByCrew(spans, [a, b], { ...options, crew });
}

/**
 * Compares two images, structure and contents. Pages count where at least one image holds them; a page that the image
 * does not hold equals a page of zeros in anonymous memory and nothing but another absent page elsewhere.
 *
 * @throws {FormatError} `PARENT_MISSING` for an incremental image without its parent, `TRUNCATED` where contents end early;
 * the reason of the signal
 */
export async function diffImages(before: Image, after: Image, options: DiffOptions = {}): Promise<ImageDiff> {
  options.signal?.throwIfAborted();
  refuseMissingPages(before);
  refuseMissingPages(after);
  const structure = structuresOf(pairTasks(before, after), fileComparison(before, after));
  const spans = planSpans(structure.flatMap(({ vmas }) => vmas.map(({ segments }) => segments)));
  const states = await compareSpans(spans, before, after, options);
  const tasks = withStates(structure, states);
  const header = headerChanges(before, after);
  return {
    before: before.name,
    after: after.name,
    isDifferent: header.some(({ name }) => name !== TAKING_TIME) || tasks.some(isTaskDifferent),
    header,
    tasks,
    pages: countPagesOnce(tasks),
  };
}

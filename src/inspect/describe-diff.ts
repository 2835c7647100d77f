import { hexNumber } from '../format/layout/unit.js';
import { vaddrOf } from '../format/model/page.js';
import { permissionText } from '../format/model/vm-flags.js';
import { isVmaDifferent } from './diff.js';
import { PAGE_STATES } from './page-states.js';
import { latestOf } from './sides.js';
import { vmaBytes, vmaLabel } from './describe-vma.js';
import type { FileDescriptor, Task, Thread, Vma } from '../format/model/image.js';
import type { ImageDiff, TaskDiff, VmaDiff } from './diff.js';
import type { FieldChange } from './field-change.js';
import type { PageCounts, PageState, PageStateRuns } from './page-states.js';
import type { Presence } from './sides.js';
import type { VmaChange } from './vma-relation.js';

export interface TaskName {
  readonly pid: number;
  readonly comm: string;
}

export interface ThreadDiffDescription {
  readonly presence: Presence;
  readonly tid: number;
  readonly comm: string;
  readonly fields: readonly FieldChange[];
}

export interface FileDiffDescription {
  readonly presence: Presence;
  readonly fd: number;
  readonly name: string;
  readonly fields: readonly FieldChange[];
}

/** One side of a mapping. */
export interface VmaSide {
  readonly start: string;
  readonly end: string;
  readonly perms: string;
  readonly kind: string;
  readonly flags: string;
  readonly name: string | null;
  readonly sizeBytes: number;
}

/** Pages of one state; addresses are those of the image after. */
export interface StateRunDescription {
  readonly start: string;
  readonly end: string;
  readonly pages: number;
  readonly state: PageState;
}

export interface VmaDiffDescription {
  readonly changes: readonly VmaChange[];
  readonly before: VmaSide | null;
  readonly after: VmaSide | null;
  readonly pages: PageCounts;
  readonly runs?: readonly StateRunDescription[];
}

export interface TaskDiffDescription {
  readonly before: TaskName | null;
  readonly after: TaskName | null;
  readonly fields: readonly FieldChange[];
  readonly threads: readonly ThreadDiffDescription[];
  readonly files: readonly FileDiffDescription[];
  /** Mappings that differ, in themselves or in contents. */
  readonly vmas: readonly VmaDiffDescription[];
  /** The first task with the same memory or files, before and after: what differs is told there. */
  readonly mmSharedWith: number | null;
  readonly filesSharedWith: number | null;
  readonly pages: PageCounts;
}

/** A comparison, ready for `JSON.stringify`. */
export interface ImageDiffDescription {
  readonly before: string;
  readonly after: string;
  readonly isDifferent: boolean;
  readonly header: readonly FieldChange[];
  readonly tasks: readonly TaskDiffDescription[];
  /** A page that several mappings show counts once, as it is in the first of them. */
  readonly pages: PageCounts;
}

export interface DescribeDiffOptions {
  /** Lists the runs of pages of each mapping that differs. Default false. */
  readonly withRuns?: boolean | undefined;
}

function describeSide(vma: Vma | undefined): VmaSide | null {
  if (vma === undefined) return null;
  return {
    start: hexNumber(vma.vm_start),
    end: hexNumber(vma.vm_end),
    perms: permissionText(vma.vm_flags),
    kind: vma.kind,
    flags: hexNumber(vma.vm_flags),
    name: vmaLabel(vma) ?? null,
    sizeBytes: vmaBytes(vma),
  };
}

function describeStateRuns(runs: PageStateRuns): StateRunDescription[] {
  return Array.from({ length: runs.count }, (_, i) => {
    const [vpn, pages] = [runs.vpn[i] ?? 0, runs.nrPages[i] ?? 0];
    const state = PAGE_STATES[runs.state[i] ?? 0] ?? 'same';
    return { start: hexNumber(vaddrOf(vpn)), end: hexNumber(vaddrOf(vpn + pages)), pages, state };
  });
}

function describeVmaDiff(vma: VmaDiff, options: DescribeDiffOptions): VmaDiffDescription {
  return {
    changes: vma.changes,
    before: describeSide(vma.before),
    after: describeSide(vma.after),
    pages: vma.pages,
    ...(options.withRuns === true ? { runs: describeStateRuns(vma.runs) } : {}),
  };
}

function taskName(task: Task | undefined): TaskName | null {
  return task === undefined ? null : { pid: task.pid, comm: task.threads[0].comm };
}

function describeTaskDiff(task: TaskDiff, options: DescribeDiffOptions): TaskDiffDescription {
  return {
    before: taskName(task.before),
    after: taskName(task.after),
    fields: task.fields,
    threads: task.threads.map((thread) => {
      const { tid, comm } = latestOf<Thread>(thread);
      return { presence: thread.presence, tid, comm, fields: thread.fields };
    }),
    files: task.files.map((sides) => {
      const { fd, file } = latestOf<FileDescriptor>(sides);
      return { presence: sides.presence, fd, name: file.name, fields: sides.fields };
    }),
    vmas: task.vmas.filter(isVmaDifferent).map((vma) => describeVmaDiff(vma, options)),
    mmSharedWith: task.mmSharedWith,
    filesSharedWith: task.filesSharedWith,
    pages: task.pages,
  };
}

/** Describes a comparison as plain data: addresses are `"0x..."` strings, what is missing on one side is `null`. */
export function describeDiff(diff: ImageDiff, options: DescribeDiffOptions = {}): ImageDiffDescription {
  return { ...diff, tasks: diff.tasks.map((task) => describeTaskDiff(task, options)) };
}

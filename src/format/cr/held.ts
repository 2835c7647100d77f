import type { Image, ImageHeader, Loss, Task, Thread } from '../model/image.js';
import { PAGE_BYTES } from '../model/page.js';
import { fpuLengths, type CrRevision } from './revision.js';
import { FXSAVE_BYTES } from './thread.js';

/** What a revision can hold of an image, and what it cannot. */
export interface Held {
  readonly image: Image;
  readonly losses: readonly Loss[];
}

const MAX_U16 = 0xffff;
const NOTHING = new Uint8Array(0);

/** The features of a CPU as far as a CPU record with the FPU state inside shows them. */
export function featuresInside(hasFxsr: boolean, xstateBytes: number): ImageHeader['cpu'] {
  return { hasFxsr, hasXsave: xstateBytes > FXSAVE_BYTES, xstateBytes };
}

/**
 * The image as a stream of `revision` says it when read again. Revisions that have TREE and HEAD_ARCH hold all of it;
 * those before hold one task of one thread, with FPU state of a size that fits into the CPU record.
 */
export function heldBy(image: Image, revision: CrRevision): Held {
  if (revision.types.TREE !== undefined) return { image, losses: [] };
  const losses: Loss[] = [];
  const lose: Lose = (path, what, why, bytes = 0) =>
    void losses.push({ path, what, why: `${revision.name} ${why}`, bytes });
  const [first, ...others] = image.tasks;
  others.forEach((task, i) => {
    lose(`task[${String(i + 1)}]`, nameOf(task), 'holds one task', pagesOf(task) * PAGE_BYTES);
  });
  const lengths = fpuLengths(revision);
  const alone = first && heldTask(first, lose);
  const task = alone && lengths ? { ...alone, threads: [heldThread(alone.threads[0], lengths, lose)] as const } : alone;
  const hasArch = revision.types.HEAD_ARCH !== undefined;
  const xstateBytes = task?.threads[0].xstate.length || (lengths?.[0] ?? 0);
  const header = hasArch ? image.header : heldHeader(image.header, xstateBytes, lose);
  const { name, format, contents, notes } = image;
  const tasks = task ? [task] : [];
  return { image: { name, format, header, tasks, contents, notes, close: () => image.close() }, losses };
}

type Lose = (path: string, what: string, why: string, bytes?: number) => void;

function pagesOf({ mm }: Task): number {
  return mm?.vmas.reduce((sum, vma) => sum + vma.pages.totalPages, 0) ?? 0;
}

function nameOf(task: Task): string {
  return `task ${String(task.pid)} ${task.threads[0].comm} and its ${String(pagesOf(task))} pages`;
}

function heldTask(task: Task, lose: Lose): Task {
  const { pid, tgid, ppid } = task;
  const [first, ...others] = task.threads;
  for (const { tid } of others) lose('task[0].threads', `thread ${String(tid)}`, 'holds one task');
  if (ppid !== 0) lose('task[0].ppid', `the parent, ${String(ppid)}`, 'has no TREE');
  if (tgid !== pid) lose('task[0].tgid', `the process id, ${String(tgid)}`, 'has no TREE');
  return { ...task, tgid: pid, ppid: 0, threads: [first] };
}

function heldThread(thread: Thread, lengths: readonly number[], lose: Lose): Thread {
  const { xstate, usesDebug } = thread;
  const isFitting = xstate.length === 0 || lengths.includes(xstate.length);
  if (!isFitting) {
    const room = `has room for ${lengths.join(' or ')} bytes in CPU`;
    lose('task[0].thread.xstate', `FPU state of ${String(xstate.length)} bytes`, room, xstate.length);
  }
  if (usesDebug > MAX_U16) lose('task[0].thread.usesDebug', `the value ${String(usesDebug)}`, 'has 16 bits for it');
  return { ...thread, xstate: isFitting ? xstate : NOTHING, usesDebug: Math.min(usesDebug, MAX_U16) };
}

function heldHeader(header: ImageHeader, heldBytes: number, lose: Lose): ImageHeader {
  const { hasFxsr, hasXsave, xstateBytes } = header.cpu;
  const cpu = featuresInside(hasFxsr, heldBytes);
  if (cpu.hasXsave !== hasXsave || cpu.xstateBytes !== xstateBytes) {
    const what = `that FPU state has ${String(xstateBytes)} bytes, ${hasXsave ? 'with' : 'without'} XSAVE`;
    lose('header.cpu', what, 'has no HEAD_ARCH');
  }
  return { ...header, cpu };
}

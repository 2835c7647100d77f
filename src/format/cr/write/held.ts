import { decodeCString, fixedText } from '../../bytes/text.js';
import type { Image, ImageHeader, Loss, Task, Vma } from '../../model/image.js';
import { UFLAGS } from '../../linux-cr/uflags.js';
import { PAGE_BYTES } from '../../model/page.js';
import { FileHolder } from './held-files.js';
import { loseSharing } from './held-sharing.js';
import { heldMemory } from './held-memory.js';
import { heldThread } from './held-thread.js';
import { UTS_BYTES } from '../tables/head.js';
import { bytesOfItems, lossList, type Lose } from '../../linux-cr/losses.js';
import { fpuLengths, type CrRevision } from '../tables/revision.js';
import { featuresInside } from '../cpu-features.js';
import { joinThreads, splitThreads } from '../thread-groups.js';
import { machineOf, wordBytesOfMachine } from '../machine.js';

const FOUR_GIB = 1n << 32n;

/** What a revision can hold of an image, and what it cannot. */
export interface Held {
  readonly image: Image;
  readonly losses: readonly Loss[];
}

/**
 * The image as a stream of `revision` says it when read again. No revision has sharing between tasks, process groups or
 * state of the kernel; those before v9 hold one task of one thread, with FPU state of a size that fits into the CPU
 * record.
 */
export function heldBy(image: Image, revision: CrRevision): Held {
  const { losses, lose } = lossList(revision.name);
  const isOneTask = revision.types.TREE === undefined;
  const kept = isOneTask ? image.tasks.slice(0, 1).map((task) => aloneTask(task, lose)) : image.tasks;
  image.tasks.slice(kept.length).forEach((task, i) => {
    lose(`task[${String(i + kept.length)}]`, nameOf(task), 'holds one task', pagesOf(task) * PAGE_BYTES);
  });
  loseSharing(kept, lose);
  const tasks = regrouped(heldTasks(kept, image, revision, lose), lose);
  const lengths = fpuLengths(revision);
  const xstateBytes = tasks[0]?.threads[0].xstate.length || (lengths?.[0] ?? 0);
  const header = heldHeader({ ...image, tasks }, lose);
  const { name, format, contents, notes, parent, capture } = image;
  const incremental = { ...(parent && { parent }), ...(capture && { capture }) };
  const hasArch = revision.types.HEAD_ARCH !== undefined;
  const heldHead = hasArch ? header : { ...header, cpu: heldCpu(header.cpu, xstateBytes, lose) };
  const held = { name, format, header: heldHead, tasks, contents, notes, ...incremental };
  return { image: { ...held, close: () => image.close() }, losses };
}

function pagesOf({ mm }: Task): number {
  return mm?.vmas.reduce((sum, vma) => sum + vma.pages.totalPages, 0) ?? 0;
}

function nameOf(task: Task): string {
  return `task ${String(task.pid)} ${task.threads[0].comm} and its ${String(pagesOf(task))} pages`;
}

/** The first task as revisions have it that know no other. */
function aloneTask(task: Task, lose: Lose): Task {
  const { pid, tgid, ppid } = task;
  const [first, ...others] = task.threads;
  for (const { tid } of others) lose('task[0].threads', `thread ${String(tid)}`, 'holds one task');
  if (ppid !== 0) lose('task[0].ppid', `the parent, ${String(ppid)}`, 'has no TREE');
  if (tgid !== pid) lose('task[0].tgid', `the process id, ${String(tgid)}`, 'has no TREE');
  return { ...task, tgid: pid, ppid: 0, threads: [first] };
}

function heldTasks(tasks: readonly Task[], image: Image, revision: CrRevision, lose: Lose): Task[] {
  const files = new FileHolder(lose);
  const seen = new Set<object>();
  return tasks.map((task, i) => {
    const path = `task[${String(i)}]`;
    if (task.pgid !== undefined) lose(`${path}.pgid`, `the process group, ${String(task.pgid)}`, 'has none');
    if (task.sid !== undefined) lose(`${path}.sid`, `the session, ${String(task.sid)}`, 'has none');
    if (!task.mm) lose(`${path}.mm`, `that task ${String(task.pid)} has no memory`, 'gives it an empty one');
    // what tasks share is lost once, however many there are
    const isFirst = !task.mm || !seen.has(task.mm);
    if (task.mm) seen.add(task.mm);
    const mm = heldMemory(task.mm, `${path}.mm`, isFirst ? lose : () => undefined);
    const descriptors = files.descriptors(task.files, `${path}.files`);
    const [first, ...others] = task.threads.map((thread, j) =>
      heldThread(thread, `${path}.threads[${String(j)}]`, image, revision, lose),
    );
    const held = { ...task, pgid: undefined, sid: undefined, mm, files: descriptors };
    return first ? { ...held, threads: [{ ...first, tid: heldTid(task, path, lose) }, ...others] } : held;
  });
}

/** A stream has one number for a task and its first thread. */
function heldTid({ pid, threads }: Task, path: string, lose: Lose): number {
  const { tid } = threads[0];
  if (tid !== pid) lose(`${path}.threads[0].tid`, `the thread id, ${String(tid)}`, 'has the task id only');
  return pid;
}

/** Tasks and threads as reading tells them apart. */
function regrouped(tasks: readonly Task[], lose: Lose): Task[] {
  const joined = joinThreads(tasks.flatMap(splitThreads));
  const firstThreads = (of: readonly Task[]): Set<object> => new Set(of.map(({ threads }) => threads[0]));
  const [before, after] = [firstThreads(tasks), firstThreads(joined)];
  tasks.forEach(({ pid, tgid, threads }, i) => {
    const path = `task[${String(i)}]`;
    if (!after.has(threads[0])) {
      lose(
        path,
        `that task ${String(pid)} is none of the threads of ${String(tgid)}`,
        'tells threads by having nothing',
      );
    }
    for (const thread of threads) {
      if (before.has(thread) || !after.has(thread)) continue;
      lose(`${path}.threads`, `that ${String(thread.tid)} is a thread of ${String(pid)}`, 'has it as a task then');
    }
  });
  return joined;
}

/** Whether readers find the word size without the machine: 32 bits unless something says otherwise. */
function tellsWordSize({ tasks, format }: Image): boolean {
  const isTelling = ({ vm_end, pages }: Vma): boolean => vm_end > FOUR_GIB || pages.totalPages > 0;
  return format.wordBytes === 4 || tasks.some(({ mm }) => mm?.vmas.some(isTelling));
}

function heldHeader(image: Image, lose: Lose): ImageHeader {
  const { header, format } = image;
  const { kernel, uname, timeSeconds, cpu, uflags, container } = header;
  // a subtree is what a checkpoint is of
  if (uflags !== undefined && uflags !== UFLAGS.SUBTREE)
    lose('header.uflags', `the flags of the checkpoint, ${String(uflags)}`, 'has none');
  if (container) lose('header.container', 'the security module', 'has no container', bytesOfItems(container));
  const heldText = (name: keyof typeof uname): string => {
    const text = decodeCString(fixedText(uname[name], UTS_BYTES));
    if (text !== uname[name])
      lose(`header.uname.${name}`, `the end of ${name}`, `has ${String(UTS_BYTES)} bytes for it`);
    return text;
  };
  const machine = heldText('machine');
  const told = wordBytesOfMachine(machine);
  const isTold = told === undefined ? tellsWordSize(image) : told === format.wordBytes;
  if (!isTold) lose('header.uname.machine', `that the machine is ${machine}`, 'tells the word size by it');
  return {
    kernel,
    uname: {
      release: heldText('release'),
      version: heldText('version'),
      machine: isTold ? machine : machineOf(format.wordBytes),
    },
    timeSeconds,
    cpu,
  };
}

function heldCpu(
  { hasFxsr, hasXsave, xstateBytes }: ImageHeader['cpu'],
  heldBytes: number,
  lose: Lose,
): ImageHeader['cpu'] {
  const cpu = featuresInside(hasFxsr, heldBytes);
  if (cpu.hasXsave !== hasXsave || cpu.xstateBytes !== xstateBytes) {
    const what = `that FPU state has ${String(xstateBytes)} bytes, ${hasXsave ? 'with' : 'without'} XSAVE`;
    lose('header.cpu', what, 'has no HEAD_ARCH');
  }
  return cpu;
}

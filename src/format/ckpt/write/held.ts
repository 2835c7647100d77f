import type { Image, ImageHeader, Loss, Task, Thread } from '../../model/image.js';
import type { KernelRecord } from '../../model/kernel-state.js';
import type { SharedMemory } from '../../model/shared-memory.js';
import { isUsualContainer } from '../container.js';
import { HeldFiles } from './held-files.js';
import { HeldMemory } from './held-memory.js';
import { bytesOfItem } from '../../linux-cr/losses.js';
import { heldKernelState } from './held-sections.js';
import { heldComm, heldRegisters } from './held-thread.js';
import type { Holding } from './holding.js';
import { lossList, type Lose } from '../../linux-cr/losses.js';
import { ObjectIds } from './object-ids.js';
import { REVISIONS, type CkptRevision } from '../tables/revision.js';
import { NO_EXIT_SIGNAL, firstRecord, surveyOf } from './sections.js';
import { withSegments } from './segment-namespace.js';
import { furtherFields } from './field-values.js';
import { KNOWN_UFLAGS, UFLAGS } from '../../linux-cr/uflags.js';

/** What a revision can hold of an image, and what it cannot. */
export interface HeldImage {
  readonly image: Image;
  readonly losses: readonly Loss[];
  /** The object number of a file table of the image. */
  readonly tableId: (files: Task['files']) => number;
}

interface Parts {
  readonly holding: Holding;
  readonly files: HeldFiles;
  readonly memory: HeldMemory;
}

const NOTHING = new Uint8Array(0);
const NO_RECORDS: readonly KernelRecord[] = [];

/**
 * The image as a stream of `revision` says it when read again, object numbers as they are written. `writeCkpt` writes
 * this image, so that the two cannot differ.
 * Source: spec/cr-stream.md 7 to 10.
 */
export function heldByCkpt(given: Image, revision: CkptRevision): HeldImage {
  const image = withSegments(given, revision);
  const { losses, lose } = lossList(revision.name);
  const { segments, ...objects } = surveyOf(image, revision);
  const ids = new ObjectIds(image, revision);
  const isCkpt = image.format.family === 'ckpt';
  const source = isCkpt ? REVISIONS.find(({ name }) => name === image.format.revision) : undefined;
  const { wordBytes } = image.format;
  const holding: Holding = { image, revision, source, wordBytes, lose, ids, progress: { thread: 0 }, ...objects };
  const files = new HeldFiles(holding);
  const memory = new HeldMemory(holding, files, segments);
  const header = heldHeader(holding);
  const tasks = mergeThreads(heldTasks({ holding, files, memory }), lose);
  const { name, format, contents, notes, parent, capture } = image;
  const incremental = { ...(parent && { parent }), ...(capture && { capture }) };
  const held: Image = { name, format, header, tasks, contents, notes, ...incremental, close: () => image.close() };
  return { image: held, losses, tableId: (table) => files.tableId(table) };
}

function heldHeader({ image, revision, lose }: Holding): ImageHeader {
  const { container: given, ...header } = image.header;
  const isUsual = !given || isUsualContainer(given);
  const records = given?.filter((item): item is KernelRecord => item.kind === 'record') ?? NO_RECORDS;
  const isWhole = revision.hasLsm && records.map(({ name }) => name).join() === 'BUFFER,LSM_INFO';
  const bytes = records.reduce((sum, record) => sum + bytesOfItem(record), 0);
  if (!isUsual && !isWhole) lose('header.container', 'the security module', 'has no record of it', bytes);
  const container = isUsual || !isWhole ? {} : { container: given };
  const { uflags = UFLAGS.SUBTREE } = header;
  const unknown = uflags & ~KNOWN_UFLAGS;
  if (unknown !== 0n) lose('header.uflags', `uflags 0x${unknown.toString(16)}`, 'has no such flags');
  return { ...header, uflags: uflags & KNOWN_UFLAGS, ...container };
}

/** A zombie is known by its exit state, and has no body. */
function isZombie({ mm, exitState }: Task): boolean {
  return mm === undefined && exitState !== 0;
}

function heldTasks({ holding, files, memory }: Parts): Task[] {
  let nrThreads = 0;
  const firstThreads = holding.image.tasks.map(({ threads }) => (nrThreads += threads.length) - threads.length);
  return holding.image.tasks.flatMap((task, i) => {
    const path = `task[${String(i)}]`;
    holding.progress.thread = firstThreads[i] ?? 0;
    if (!isZombie(task)) return [heldTask({ holding, files, memory }, task, path)];
    if (holding.revision.hasZombies) return [heldZombie(holding, task, path)];
    const what = `task ${String(task.pid)} ${task.threads[0].comm}`;
    holding.lose(path, what, 'has no zombies');
    return [];
  });
}

function heldTask({ holding, files, memory }: Parts, task: Task, path: string): Task {
  const [first, ...others] = task.threads;
  const { progress } = holding;
  const firstThread = progress.thread;
  const bringsFiles = !files.hasTable(task.files);
  const heldOne = (thread: Thread, isFurther: boolean): Thread => {
    progress.thread = firstThread + task.threads.indexOf(thread);
    const at = `${path}.threads[${String(task.threads.indexOf(thread))}]`;
    const bearer = { bringsFiles: bringsFiles && !isFurther, isZombie: false, isFurther, holdMemory: memory.memory };
    const kernel = thread.kernel && heldKernelState(holding, thread.kernel, bearer, at);
    const { tid, state } = thread;
    const comm = heldComm(holding, thread.comm, at);
    return { tid, comm, state, ...heldRegisters(holding, thread, at), ...(kernel && { kernel }) };
  };
  const threads = [heldOne(first, false), ...others.map((thread) => heldOne(thread, true))] as const;
  // files and memory stand with the first of them
  progress.thread = firstThread;
  const table = files.table(task.files, `${path}.files`);
  const mm = task.mm && memory.space(task.mm, `${path}.mm`);
  return {
    ...task,
    ...heldIds(holding, task, path),
    exitState: heldExitState(holding, task, path),
    mm,
    files: table,
    threads,
  };
}

/** A task with an exit state is read as a zombie, and its body is not. */
function heldExitState({ revision, lose }: Holding, { exitState }: Task, path: string): number {
  if (exitState === 0 || !revision.hasZombies) return exitState;
  lose(path, `the exit state ${String(exitState)}`, 'has it of zombies only');
  return 0;
}

function heldIds({ lose }: Holding, { ppid, pgid, sid }: Task, path: string): Pick<Task, 'ppid' | 'pgid' | 'sid'> {
  const positive = (name: string, id: number | undefined): number | undefined => {
    if (id === undefined || id > 0) return id;
    lose(`${path}.${name}`, `the ${name} ${String(id)}`, 'has none that is not above 0');
    return undefined;
  };
  return { ppid: Math.max(0, ppid), pgid: positive('pgid', pgid), sid: positive('sid', sid) };
}

function heldZombie(holding: Holding, task: Task, path: string): Task {
  const { lose } = holding;
  const [first, ...others] = task.threads;
  const why = 'has nothing of a zombie but how it ended';
  for (const { tid } of others) lose(`${path}.threads`, `thread ${String(tid)}`, why);
  if (task.files.length > 0) lose(`${path}.files`, `${String(task.files.length)} descriptors`, why);
  const at = `${path}.threads[0]`;
  if (Object.keys(first.registers).length + first.tls.length + first.xstate.length > 0)
    lose(`${at}.registers`, 'registers', why, first.tls.length + first.xstate.length);
  const bearer = { bringsFiles: false, isZombie: true, isFurther: false, holdMemory: (memory: SharedMemory) => memory };
  const kernel = first.kernel && heldKernelState(holding, first.kernel, bearer, at);
  const { tid, state } = first;
  const bare = { registers: {}, usesDebug: 0, tls: NOTHING, xstate: NOTHING };
  const thread = { tid, comm: heldComm(holding, first.comm, at), state, ...bare, ...(kernel && { kernel }) };
  return { ...task, ...heldIds(holding, task, path), mm: undefined, files: [], threads: [thread] };
}

/** A task that shares all with the process before it is read as one of its threads. */
function mergeThreads(tasks: readonly Task[], lose: Lose): Task[] {
  const merged: Task[] = [];
  for (const [i, task] of tasks.entries()) {
    const leader = merged.at(-1);
    const isThread =
      leader?.tgid === task.tgid &&
      task.pid !== task.tgid &&
      task.mm !== undefined &&
      leader.mm === task.mm &&
      leader.files === task.files;
    if (!isThread) {
      merged.push(task);
      continue;
    }
    const isSame = leader.ppid === task.ppid && leader.pgid === task.pgid && leader.sid === task.sid;
    if (!isSame) lose(`task[${String(i)}]`, 'ids of a thread', 'has those of its process');
    const [first, ...others] = task.threads;
    merged[merged.length - 1] = { ...leader, threads: [...leader.threads, withExit(first, task), ...others] };
  }
  return merged;
}

function withExit(thread: Thread, { exitCode, exitSignal }: Task): Thread {
  if (exitCode === 0 && exitSignal === NO_EXIT_SIGNAL) return thread;
  const { nestedPids = [], sections = {} } = thread.kernel ?? {};
  const known = firstRecord(sections.task, 'TASK');
  // exit_signal says also when it is 0 that these are not what a thread usually has
  const further = furtherFields({ ...known?.fields, exit_code: exitCode }, new Set());
  const fields = { ...further, exit_signal: exitSignal };
  const record: KernelRecord = { kind: 'record', name: 'TASK', fields, elements: [], payload: NOTHING };
  return { ...thread, kernel: { nestedPids, sections: { ...sections, task: [record] } } };
}

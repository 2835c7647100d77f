import { addressSpaceLines, descriptorText } from './address-space.js';
import { countText } from './amount.js';
import { chainFactsLines } from './chain.js';
import { tableLines } from './column.js';
import { headerLines, noteLines } from './header.js';
import { kernelText } from './kernel.js';
import { sharedMemoryLines } from './shared-memory.js';
import { treeLines } from './task-tree.js';
import { ZOMBIE } from '../../inspect/task-state.js';
import { printable, quoted, valueText } from './printable.js';
import type { ImageDescription } from '../../inspect/describe.js';
import type { FileDescription } from '../../inspect/describe-file.js';
import type { TaskDescription, ThreadDescription } from '../../inspect/describe-task.js';
import type { Palette } from './palette.js';

/** Registers that tell where a thread is; the JSON form has all of them. */
const PLACE_REGISTERS = ['ip', 'sp', 'orig_ax'] as const;

function fileRow({ fd, type, name, flagNames, pos, isCloseOnExec, sharedWith }: FileDescription): string[] {
  const flags = [...flagNames, ...(isCloseOnExec ? ['close-on-exec'] : [])].join(' ');
  const shared = sharedWith === null ? '' : `  same as ${String(sharedWith)}`;
  return [String(fd), type, flags, `at ${valueText(pos)}`, printable(name) + shared];
}

function threadRow({ tid, comm, state, registers }: ThreadDescription): string[] {
  const known = PLACE_REGISTERS.flatMap((name) => {
    const value = registers[name];
    return value === undefined ? [] : [`${name} ${value}`];
  });
  const places = known.length === 0 ? 'no registers' : known.join('  ');
  const count = countText(Object.keys(registers).length, 'register');
  return [String(tid), state, `${places}  (${count})`, quoted(comm)];
}

function* threadLines(threads: readonly ThreadDescription[]): Generator<string> {
  yield `  ${countText(threads.length, 'thread')}`;
  const rows = tableLines(threads.map(threadRow), ['right', 'left', 'left', 'left']);
  for (const [index, row] of rows.entries()) {
    yield `    ${row}`;
    for (const descriptor of threads[index]?.tls ?? []) yield `      ${descriptorText('tls', descriptor)}`;
    const kernel = threads[index]?.kernel ?? null;
    if (kernel !== null) yield `      ${kernelText(kernel)}`;
  }
}

function* fileLines({ files, filesSharedWith }: TaskDescription): Generator<string> {
  if (filesSharedWith !== null) yield `  files shared with task ${String(filesSharedWith)}`;
  if (files.length === 0) return;
  yield `  ${countText(files.length, 'file')}`;
  for (const row of tableLines(files.map(fileRow), ['right', 'left', 'left', 'left', 'left'])) yield `    ${row}`;
}

function taskSummary(task: TaskDescription): string {
  const group = task.tgid === task.pid ? [] : [`thread group ${String(task.tgid)}`];
  const parent = `parent ${String(task.ppid)}`;
  const job = [
    ...(task.pgid === null ? [] : [`process group ${String(task.pgid)}`]),
    ...(task.sid === null ? [] : [`session ${String(task.sid)}`]),
  ];
  const { threads, files, filesSharedWith } = task;
  const counts =
    task.state === ZOMBIE
      ? [`exit code ${String(task.exitCode)}`]
      : [countText(threads.length, 'thread'), ...(filesSharedWith === null ? [countText(files.length, 'file')] : [])];
  return [task.state, ...group, parent, ...job, ...counts].join(', ');
}

function* taskLines(task: TaskDescription, palette: Palette): Generator<string> {
  yield `${palette.heading(`task ${String(task.pid)} ${quoted(task.comm)}`)}  ${taskSummary(task)}`;
  if (task.mmSharedWith !== null) yield `  memory shared with task ${String(task.mmSharedWith)}`;
  if (task.mm) yield* addressSpaceLines(task.mm, palette);
  if (task.state === ZOMBIE && task.mm === null) return;
  yield* threadLines(task.threads);
  yield* fileLines(task);
}

/**
 * An image as a tree, one line at a time: header, the tasks under their parents, each task with memory, threads and files,
 * shared memory, notes.
 */
export function* showLines(image: ImageDescription, palette: Palette): Generator<string> {
  yield* headerLines(image, palette);
  yield* chainFactsLines(image, palette);
  yield* treeLines(image.tasks, palette);
  for (const task of image.tasks) yield* taskLines(task, palette);
  yield* sharedMemoryLines(image.sharedMemory, palette);
  yield* noteLines(image.notes, palette);
}

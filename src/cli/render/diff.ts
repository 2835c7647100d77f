import { widest } from './column.js';
import { diffStatLines } from './diff-stat.js';
import { pageRunLines, shownVma, taskDigits, vmaDiffLine } from './diff-vma.js';
import { countWidths } from './page-counts.js';
import { printable, quoted, valueText } from './printable.js';
import { isTaskDifferent, isVmaDifferent } from '../../inspect/diff.js';
import { latestOf } from '../../inspect/sides.js';
import type { FileDescriptor, Task, Thread } from '../../format/model/image.js';
import type { ImageDiff, TaskDiff } from '../../inspect/diff.js';
import type { FieldChange } from '../../inspect/field-change.js';
import type { FileDiff } from '../../inspect/file-diff.js';
import type { ThreadDiff } from '../../inspect/thread-diff.js';
import type { Presence } from '../../inspect/sides.js';
import type { VmaColumns } from './diff-vma.js';
import type { Palette } from './palette.js';

export interface DiffOptions {
  /** Lists the runs of differing pages under each mapping. Default false. */
  readonly withPages?: boolean | undefined;
}

function fieldLine({ name, before, after }: FieldChange, palette: Palette): string {
  return `${palette.changed(`~ ${name}`)}  ${valueText(before)} -> ${valueText(after)}`;
}

function presenceLine(presence: Presence, text: string, palette: Palette): string {
  if (presence === 'added') return palette.added(`+ ${text}`);
  return presence === 'removed' ? palette.removed(`- ${text}`) : palette.changed(`~ ${text}`);
}

function* threadLines(thread: ThreadDiff, palette: Palette): Generator<string> {
  const { tid, comm } = latestOf<Thread>(thread);
  yield presenceLine(thread.presence, `thread ${String(tid)} ${quoted(comm)}`, palette);
  for (const field of thread.fields) yield `  ${fieldLine(field, palette)}`;
}

function* fileLines(sides: FileDiff, palette: Palette): Generator<string> {
  const { fd, file } = latestOf<FileDescriptor>(sides);
  yield presenceLine(sides.presence, `fd ${String(fd)} ${file.type} ${printable(file.name)}`, palette);
  for (const field of sides.fields) yield `  ${fieldLine(field, palette)}`;
}

function* vmaLines(task: TaskDiff, palette: Palette, options: DiffOptions): Generator<string> {
  const vmas = task.vmas.filter(isVmaDifferent);
  const columns: VmaColumns = {
    digits: taskDigits(task),
    kindWidth: widest(new Set(vmas.map((vma) => shownVma(vma).kind))),
    counts: countWidths(vmas.map(({ pages }) => pages)),
  };
  for (const vma of vmas) {
    yield vmaDiffLine(vma, columns, palette);
    if (options.withPages !== true) continue;
    for (const line of pageRunLines(vma, columns.digits, palette)) yield `    ${line}`;
  }
}

function taskHeading(task: TaskDiff): string {
  const { pid, threads } = latestOf<Task>(task);
  return `task ${String(pid)} ${quoted(threads[0].comm)}`;
}

function* taskLines(task: TaskDiff, palette: Palette, options: DiffOptions): Generator<string> {
  const heading = taskHeading(task);
  yield task.presence === 'both' ? palette.heading(heading) : presenceLine(task.presence, heading, palette);
  for (const field of task.fields) yield `  ${fieldLine(field, palette)}`;
  for (const thread of task.threads) for (const line of threadLines(thread, palette)) yield `  ${line}`;
  for (const file of task.files) for (const line of fileLines(file, palette)) yield `  ${line}`;
  for (const line of vmaLines(task, palette, options)) yield `  ${line}`;
}

/**
 * What differs between two images, then how much of each kind. Lines begin with `+`, `-` or `~` for what was added,
 * removed or changed.
 */
export function* diffLines(diff: ImageDiff, palette: Palette, options: DiffOptions = {}): Generator<string> {
  yield palette.removed(`--- ${printable(diff.before)}`);
  yield palette.added(`+++ ${printable(diff.after)}`);
  if (diff.header.length > 0) yield palette.heading('header');
  for (const field of diff.header) yield `  ${fieldLine(field, palette)}`;
  for (const task of diff.tasks.filter(isTaskDifferent)) yield* taskLines(task, palette, options);
  yield palette.heading('totals');
  for (const line of diffStatLines(diff, palette)) yield `  ${line}`;
}

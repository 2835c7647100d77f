import { hexNumber } from '../format/layout/unit.js';
import { MM_ADDRESSES } from '../format/model/image.js';
import { fieldChanges } from './field-change.js';
import { pairByKeys } from './pairing.js';
import { descriptorChanges } from './thread-diff.js';
import type { Image, Task } from '../format/model/image.js';
import type { FieldChange, FieldTable } from './field-change.js';
import type { Sides } from './sides.js';

const NO_LDT = new Uint8Array(0);

const TASK_FIELDS: FieldTable<Task> = [
  ['pid', (task) => task.pid],
  ['tgid', (task) => task.tgid],
  ['ppid', (task) => task.ppid],
  ['exitState', (task) => task.exitState],
  ['exitCode', (task) => task.exitCode],
  ['exitSignal', (task) => task.exitSignal],
  ...MM_ADDRESSES.map((name) => [`mm.${name}`, ({ mm }: Task) => (mm ? hexNumber(mm[name]) : null)] as const),
];

/** Fields of a task itself and of its address space, but for threads, files and mappings. */
export function taskFields(before: Task, after: Task): FieldChange[] {
  return [
    ...fieldChanges(TASK_FIELDS, before, after),
    ...descriptorChanges('mm.ldt', before.mm?.ldt ?? NO_LDT, after.mm?.ldt ?? NO_LDT),
  ];
}

/** Tasks by pid; else the only task of each image; else by name, in order. */
export function pairTasks(before: Image, after: Image): Sides<Task>[] {
  const isOnlyTask = before.tasks.length === 1 && after.tasks.length === 1;
  const byName = (task: Task): string => (isOnlyTask ? '' : task.threads[0].comm);
  return pairByKeys(before.tasks, after.tasks, [({ pid }) => String(pid), byName]);
}

import { hexNumber } from '../format/layout/unit.js';
import { MM_ADDRESSES } from '../format/model/image.js';
import { auxvEntries } from './auxv-types.js';
import { fieldChanges } from './field-change.js';
import { pairByKeys } from './pairing.js';
import { descriptorChanges } from './thread-diff.js';
import type { Image, Task } from '../format/model/image.js';
import type { FieldChange, FieldTable } from './field-change.js';
import type { Sides } from './sides.js';

const NO_LDT = new Uint8Array(0);

function hexOf(value: bigint | undefined): string | undefined {
  return value === undefined ? undefined : hexNumber(value);
}

const TASK_FIELDS: FieldTable<Task> = [
  ['pid', (task) => task.pid],
  ['tgid', (task) => task.tgid],
  ['ppid', (task) => task.ppid],
  ['pgid', (task) => task.pgid],
  ['sid', (task) => task.sid],
  ['exitState', (task) => task.exitState],
  ['exitCode', (task) => task.exitCode],
  ['exitSignal', (task) => task.exitSignal],
  ['mm', ({ mm }) => (mm ? 'present' : null)],
  ...MM_ADDRESSES.map((name) => [`mm.${name}`, ({ mm }: Task) => hexOf(mm?.[name])] as const),
  ['mm.exe', ({ mm }) => mm?.exe?.name],
  ['mm.vdso', ({ mm }) => hexOf(mm?.vdso)],
  ['mm.def_flags', ({ mm }) => hexOf(mm?.def_flags)],
  ['mm.flags', ({ mm }) => hexOf(mm?.flags)],
];

/** Fields of a task itself and of its address space, but for threads, files and mappings. */
export function taskFields(before: Task, after: Task): FieldChange[] {
  return [
    ...fieldChanges(TASK_FIELDS, before, after),
    ...auxvChanges(before.mm?.auxv, after.mm?.auxv),
    ...descriptorChanges('mm.ldt', before.mm?.ldt ?? NO_LDT, after.mm?.ldt ?? NO_LDT),
  ];
}

/** Entries of the auxiliary vectors by type, where both images have one. */
function auxvChanges(before: readonly bigint[] | undefined, after: readonly bigint[] | undefined): FieldChange[] {
  if (!before || !after) return [];
  const [a, b] = [before, after].map((auxv) => new Map(auxvEntries(auxv).map(({ type, value }) => [type, value])));
  const types = new Set([...(a?.keys() ?? []), ...(b?.keys() ?? [])]);
  return [...types].flatMap((type) => {
    const [from, to] = [a?.get(type), b?.get(type)];
    if (from === to) return [];
    return [{ name: `mm.auxv.${type}`, before: hexOf(from) ?? null, after: hexOf(to) ?? null }];
  });
}

/** The names of a task and of those above it, `init/worker`; the same in two runs of one program. */
function placeInTree(image: Image): (task: Task) => string {
  const byPid = new Map(image.tasks.map((task) => [task.pid, task]));
  return (task) => {
    const names: string[] = [];
    const seen = new Set<Task>();
    for (let at: Task | undefined = task; at && !seen.has(at); at = byPid.get(at.ppid)) {
      seen.add(at);
      // no NUL is in a name
      names.push(at.threads[0].comm);
    }
    return names.join('\0');
  };
}

/** Tasks by pid; else the only task of each image; else by their place in the tree, then by name, in order. */
export function pairTasks(before: Image, after: Image): Sides<Task>[] {
  const isOnlyTask = before.tasks.length === 1 && after.tasks.length === 1;
  const byName = (task: Task): string => (isOnlyTask ? '' : task.threads[0].comm);
  const ofBefore = new Set(before.tasks);
  const [placeBefore, placeAfter] = [placeInTree(before), placeInTree(after)];
  const byPlace = (task: Task): string => (ofBefore.has(task) ? placeBefore : placeAfter)(task);
  return pairByKeys(before.tasks, after.tasks, [({ pid }) => String(pid), byPlace, byName]);
}

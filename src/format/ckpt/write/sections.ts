import type { Image, Task } from '../../model/image.js';
import type { KernelFields, KernelItem, KernelRecord, KernelSection } from '../../model/kernel-state.js';
import type { SharedMemory } from '../../model/shared-memory.js';
import { fTypeOf, isSpecial } from './file-types.js';
import type { BroughtObject } from './holding.js';
import { hasObject, isForeign } from './held-records.js';
import { RESTART_FUNCTIONS } from '../tables/task.js';
import type { SectionName } from '../tables/names.js';
import type { CkptRevision } from '../tables/revision.js';

/** The part of a task's body that holds a section of the model; undefined: it is there in all revisions. */
const BODY_PART: Readonly<Partial<Record<KernelSection, SectionName>>> = {
  creds: 'creds',
  ns: 'ns',
  fs: 'fs',
  sem_undo: 'sem_undo',
  sighand: 'sighand',
  signal: 'signal',
  pending: 'pending',
};

/** Members that the model has by themselves. */
export const KNOWN_FIELDS = {
  task: new Set(['state', 'exit_state', 'exit_code', 'exit_signal', 'task_comm_len']),
  thread: new Set(['gdt_entry_tls_entries', 'sizeof_tls_array', 'ntls', 'tls']),
  objs: new Set(['files_objref', 'mm_objref']),
} as const;

/** The record of each section that is further members of one. */
export const FURTHER_RECORDS = { task: 'TASK', thread: 'THREAD', objs: 'TASK_OBJS' } as const;

/** exit_signal of a thread that is not the first. */
export const NO_EXIT_SIGNAL = 0xffff_ffff;

/** What stands in RESTART_BLOCK when no system call is to be continued. */
export const NO_RESTART: KernelFields = { function_type: BigInt(RESTART_FUNCTIONS.NONE) };

/** Whether the target has a place for a section, and calls the same things by the same names. */
export function isSectionKept(
  revision: CkptRevision,
  wordBytes: 4 | 8,
  section: KernelSection,
  items: readonly KernelItem[],
): boolean {
  const part = BODY_PART[section];
  if (part && !revision.body.includes(part)) return false;
  return section !== 'ns' || !isForeign(revision, wordBytes, items);
}

/** The first record of a section. */
export function firstRecord(items: readonly KernelItem[] | undefined, name: string): KernelRecord | undefined {
  return items?.find((item): item is KernelRecord => item.kind === 'record' && item.name === name);
}

interface Survey {
  readonly lostObjects: ReadonlySet<number>;
  readonly kernelObjects: ReadonlyMap<number, BroughtObject>;
  /** Memory that stands behind an IPC_SHM record which goes over, and its key. */
  readonly segments: ReadonlyMap<SharedMemory, number>;
}

/** Looks through an image for the objects that the target has no place for. */
export function surveyOf({ tasks, format }: Image, revision: CkptRevision): Survey {
  const lostObjects = new Set<number>();
  const kernelObjects = new Map<number, BroughtObject>();
  let thread = 0;
  const segments = new Map<SharedMemory, number>();
  const addItems = (items: readonly KernelItem[], isKept: boolean): void => {
    let key: number | undefined;
    for (const item of items) {
      if (item.kind === 'record') key = Number(item.fields['key'] ?? 0);
      if (item.kind === 'object' && !kernelObjects.has(item.id))
        kernelObjects.set(item.id, { object: item.object, thread });
      if (item.kind === 'object' && !(isKept && hasObject(revision, item.object))) lostObjects.add(item.id);
      if (item.kind === 'memory' && isKept) segments.set(item.memory, key ?? 0);
    }
  };
  const addTask = ({ threads, files }: Task): void => {
    for (const { file } of files) {
      const isKept = fTypeOf(file, revision) !== 'GENERIC' || !isSpecial(file.type);
      addItems(file.kernel?.before ?? [], isKept);
    }
    for (const { kernel } of threads) {
      for (const [section, items] of Object.entries(kernel?.sections ?? {}))
        // a key of the model's sections
        addItems(items, isSectionKept(revision, format.wordBytes, section as KernelSection, items));
      thread++;
    }
  };
  tasks.forEach(addTask);
  return { lostObjects, kernelObjects, segments };
}

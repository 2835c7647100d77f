import type { Image, Task, Thread } from '../../model/image.js';
import type { KernelFields, KernelItem, KernelRecord } from '../../model/kernel-state.js';
import type { SharedMemory } from '../../model/shared-memory.js';
import { IPC_TYPES } from '../tables/ipc.js';
import type { CkptRevision } from '../tables/revision.js';
import { highestNumber } from './object-ids.js';
import { isSectionKept } from './sections.js';

const NOTHING = new Uint8Array(0);

function record(name: string, fields: KernelFields): KernelRecord {
  return { kind: 'record', name, fields, elements: [], payload: NOTHING };
}

function count(ipc_type: number, ipc_count: number): KernelRecord {
  return record('IPC', { ipc_type, ipc_count });
}

/** `IPC_SHM` and its pages; times are of 64 bits. Source: spec/cr-stream.md 8.12. */
function segmentItems(memory: SharedMemory): KernelItem[] {
  const { shm_atim = 0, shm_dtim = 0, shm_ctim = 0, ...fields } = memory.segment?.fields ?? {};
  const times = { shm_atim: BigInt(shm_atim), shm_dtim: BigInt(shm_dtim), shm_ctim: BigInt(shm_ctim) };
  const size = { shm_segsz: memory.sizeBytes, objref: memory.id ?? 0 };
  return [record('IPC_SHM', { ...fields, ...times, ...size }), { kind: 'memory', memory }];
}

/** A namespace as far as its segments are known: nothing is known of queues and semaphores. Source: spec/cr-stream.md 10. */
function namespaceItems(segments: readonly SharedMemory[], ns: number): KernelItem[] {
  const ipc = ns + 1;
  return [
    { kind: 'object', object: 'NS', id: ns },
    { kind: 'object', object: 'IPC_NS', id: ipc },
    record('IPC_NS', {}),
    count(IPC_TYPES.IPC_SHM, segments.length),
    ...segments.flatMap(segmentItems),
    count(IPC_TYPES.IPC_MSG, 0),
    count(IPC_TYPES.IPC_SEM, 0),
    record('NS', { ipc_objref: ipc }),
  ];
}

function hasNamespace({ threads }: Task): boolean {
  return threads.some(({ kernel }) => kernel?.sections.ns !== undefined);
}

/** The segments that mappings of a task show. */
function segmentsOf({ mm }: Task): SharedMemory[] {
  return (mm?.vmas ?? []).flatMap(({ kind, shared }) => (kind === 'sysv' && shared?.segment ? [shared] : []));
}

function withItems(task: Task, items: readonly KernelItem[]): Task {
  const [first, ...others] = task.threads;
  const { nestedPids = [], sections = {} } = first.kernel ?? {};
  const thread: Thread = { ...first, kernel: { nestedPids, sections: { ...sections, ns: items } } };
  return { ...task, threads: [thread, ...others] };
}

/** The namespaces whose segments are known and that no task brings by itself, each with the segments that tasks show. */
function namespacesIn(tasks: readonly Task[]): Map<string, Set<SharedMemory>> {
  const namespaces = new Map<string, Set<SharedMemory>>();
  for (const task of tasks)
    for (const memory of hasNamespace(task) ? [] : segmentsOf(task)) {
      const name = memory.segment?.namespace ?? '';
      namespaces.set(name, (namespaces.get(name) ?? new Set()).add(memory));
    }
  return namespaces;
}

/**
 * The image with the SysV segments of a live process where a stream has them: in a namespace, which the first task brings
 * that has attached one of them. Unchanged where the revision has no place for it.
 */
export function withSegments(image: Image, revision: CkptRevision): Image {
  const namespaces = namespacesIn(image.tasks);
  const sample = namespaceItems([], 1);
  if (namespaces.size === 0 || !isSectionKept(revision, image.format.wordBytes, 'ns', sample)) return image;
  const numbers = new Map<string, number>();
  let next = highestNumber(image) + 1;
  const tasks = image.tasks.map((task) => {
    const name = hasNamespace(task) ? undefined : segmentsOf(task)[0]?.segment?.namespace;
    if (name === undefined) return task;
    const known = numbers.get(name);
    const ns = known ?? next;
    if (known === undefined) next += 2;
    numbers.set(name, ns);
    const brought = known === undefined ? namespaceItems([...(namespaces.get(name) ?? [])], ns) : [];
    return withItems(task, [...brought, record('TASK_NS', { ns_objref: ns })]);
  });
  return { ...withoutTasks(image), tasks };
}

/** What of an image its class may have as accessors, which spreading would not copy. */
function withoutTasks(image: Image): Omit<Image, 'tasks'> {
  const { name, format, header, contents, notes, parent, capture, layers } = image;
  const further = { ...(parent && { parent }), ...(capture && { capture }), ...(layers && { layers }) };
  return { name, format, header, contents, notes, ...further, close: () => image.close() };
}

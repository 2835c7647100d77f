import { decodeCString } from '../../bytes/text.js';
import type { ImageHeader, Task, Thread } from '../../model/image.js';
import type { KernelItem, KernelSection, KernelState } from '../../model/kernel-state.js';
import type { ReadImageOptions } from '../../model/read-options.js';
import { isUsualContainer } from '../container.js';
import { bigintIn, numberIn } from './fields.js';
import { furtherFields, furtherRecord, kernelRecord } from './kernel-items.js';
import { FileModel } from './model-files.js';
import { MemoryModel } from './model-memory.js';
import type { StreamParts, TaskParts } from './parts.js';
import { taskIdsOf, type TaskIds } from './pids.js';
import { registersOf } from '../registers.js';
import { RESTART_FUNCTIONS } from '../tables/task.js';

const NOTHING = new Uint8Array(0);

/** The header of the model. */
export function headerOf({ header, uname, arch, container }: StreamParts): ImageHeader {
  const fields = header?.fields ?? {};
  const items = container.map(kernelRecord);
  return {
    kernel: { major: numberIn(fields, 'major'), minor: numberIn(fields, 'minor'), patch: numberIn(fields, 'patch') },
    uname: {
      release: decodeCString(uname.release),
      version: decodeCString(uname.version),
      machine: decodeCString(uname.machine),
    },
    timeSeconds: bigintIn(fields, 'time'),
    cpu: {
      hasFxsr: numberIn(arch, 'has_fxsr') !== 0,
      hasXsave: numberIn(arch, 'has_xsave') !== 0,
      xstateBytes: numberIn(arch, 'xstate_size'),
    },
    uflags: bigintIn(fields, 'uflags'),
    container: items.length === 0 || isUsualContainer(items) ? undefined : items,
  };
}

/** The tasks of the model: a stream task that shares all with the process before it is one of its threads. */
export function tasksOf(
  parts: StreamParts,
  options: { readonly vmaType9: ReadImageOptions['vmaType9']; readonly endOffset: number },
): Task[] {
  const files = new FileModel(parts);
  const memory = new MemoryModel({ parts, files, ...options });
  const idsOf = taskIdsOf(parts);
  const tasks: Task[] = [];
  parts.tasks.forEach((task, i) => {
    const ids = idsOf(i);
    const leader = tasks.at(-1);
    const mm = memory.space(numberIn(task.objs, 'mm_objref'), task.mm);
    const table = files.table(numberIn(task.objs, 'files_objref'), task.fileTable);
    const isThread =
      leader?.tgid === ids.tgid &&
      ids.pid !== ids.tgid &&
      mm !== undefined &&
      leader.mm === mm &&
      leader.files === table;
    const thread = threadOf(task, ids, isThread, parts.wordBytes);
    if (isThread) tasks[tasks.length - 1] = { ...leader, threads: [...leader.threads, thread] };
    else tasks.push({ ...idFieldsOf(ids), ...exitOf(task), mm, files: table, threads: [thread] });
  });
  return tasks;
}

function idFieldsOf({ pid, tgid, ppid, pgid, sid }: TaskIds): Pick<Task, 'pid' | 'tgid' | 'ppid' | 'pgid' | 'sid'> {
  return { pid, tgid, ppid, pgid, sid };
}

function exitOf({ fields = {} }: TaskParts): Pick<Task, 'exitState' | 'exitCode' | 'exitSignal'> {
  return {
    exitState: numberIn(fields, 'exit_state'),
    exitCode: numberIn(fields, 'exit_code'),
    exitSignal: numberIn(fields, 'exit_signal'),
  };
}

function threadOf(task: TaskParts, ids: TaskIds, isFurther: boolean, wordBytes: 4 | 8): Thread {
  const { cpu, tls } = task;
  return {
    tid: ids.pid,
    comm: decodeCString(task.comm),
    state: numberIn(task.fields ?? {}, 'state'),
    registers: cpu ? registersOf(cpu, wordBytes) : {},
    usesDebug: numberIn(cpu ?? {}, 'uses_debug'),
    tls: tls.some((byte) => byte !== 0) ? tls : NOTHING,
    xstate: task.xstate,
    kernel: kernelStateOf(task, ids, isFurther),
  };
}

/** Fields that stand elsewhere in the model. */
const TASK_FIELDS = ['state', 'exit_state', 'exit_code', 'exit_signal', 'task_comm_len'];
const THREAD_FIELDS = new Set(['gdt_entry_tls_entries', 'sizeof_tls_array', 'ntls', 'tls']);
const OBJS_FIELDS = new Set(['files_objref', 'mm_objref']);

/** exit_signal of a thread that is not the first. */
const NO_EXIT_SIGNAL = 0xffff_ffff;

function kernelStateOf(task: TaskParts, ids: TaskIds, isFurther: boolean): KernelState | undefined {
  const sections: Partial<Record<KernelSection, readonly KernelItem[]>> = {};
  const set = (section: KernelSection, items: readonly KernelItem[] | undefined): void => {
    if (items) sections[section] = items;
  };
  set('task', taskSection(task, isFurther));
  set('thread', furtherRecord('THREAD', task.thread, THREAD_FIELDS));
  // the walk makes an entry only for what is there
  for (const [section, items] of Object.entries(task.sections) as [KernelSection, KernelItem[]][]) {
    if (!saysNothing(section, items)) set(section, items);
  }
  set('objs', furtherRecord('TASK_OBJS', task.objs, OBJS_FIELDS));
  const isEmpty = ids.nested.length === 0 && Object.keys(sections).length === 0;
  return isEmpty ? undefined : { nestedPids: ids.nested, sections };
}

function taskSection({ fields = {} }: TaskParts, isFurther: boolean): KernelItem[] | undefined {
  const exit_signal = numberIn(fields, 'exit_signal');
  const isUsual = exit_signal === NO_EXIT_SIGNAL;
  const hasOwnExit =
    isFurther && !(isUsual && numberIn(fields, 'exit_state') === 0 && numberIn(fields, 'exit_code') === 0);
  if (!hasOwnExit) return furtherRecord('TASK', fields, new Set(TASK_FIELDS));
  // kept when it is 0 too, which is not what such a thread usually has
  const further = { ...furtherFields(fields, new Set(['state', 'task_comm_len'])), exit_signal };
  return [{ kind: 'record', name: 'TASK', fields: further, elements: [], payload: NOTHING }];
}

/** Whether a section holds what every task has that is doing nothing special. */
function saysNothing(section: KernelSection, items: readonly KernelItem[]): boolean {
  if (section !== 'restart_block' && section !== 'pending') return false;
  return items.every(
    (item) =>
      item.kind === 'record' &&
      item.elements.length === 0 &&
      Object.entries(item.fields).every(([name, value]) =>
        name === 'function_type' ? value === BigInt(RESTART_FUNCTIONS.NONE) : isZero(value),
      ),
  );
}

function isZero(value: number | bigint | Uint8Array): boolean {
  return value instanceof Uint8Array ? value.every((byte) => byte === 0) : value === 0 || value === 0n;
}

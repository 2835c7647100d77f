import { TASK_COMM_BYTES } from '../../linux-cr/task.js';
import { TLS_BYTES, TLS_ENTRIES } from '../../linux-cr/segments.js';
import type { Task, Thread } from '../../model/image.js';
import type { KernelFields, KernelItem, KernelSection } from '../../model/kernel-state.js';
import { commBytes } from './comm.js';
import { writeFileTable } from './files-writer.js';
import { writeItems } from './item-writer.js';
import { writeMm } from './memory-writer.js';
import type { SectionName } from '../tables/names.js';
import { cpuFieldsOf } from '../registers.js';
import { FURTHER_RECORDS, NO_EXIT_SIGNAL, NO_RESTART, firstRecord } from './sections.js';
import type { WriteContext } from './write-context.js';

const TLS_ENTRY_BYTES = TLS_BYTES / TLS_ENTRIES;

interface Place {
  readonly context: WriteContext;
  readonly task: Task;
  readonly thread: Thread;
  readonly path: string;
  /** Numbers of the file table and the address space, once they are written. */
  readonly objrefs: { files_objref: number; mm_objref: number };
}

/** A task, and behind it its further threads as tasks that share all with it. Source: spec/cr-stream.md 8.5, 10. */
export async function writeTask(context: WriteContext, task: Task, path: string): Promise<void> {
  for (const [i, thread] of task.threads.entries()) {
    writeHead(context, task, thread, i === 0);
    const isZombie = context.writer.revision.hasZombies && task.exitState !== 0;
    const place = { context, task, thread, path, objrefs: { files_objref: 0, mm_objref: 0 } };
    if (!isZombie) for (const section of context.writer.revision.body) await WRITE_SECTION[section](place);
    await context.writer.out.settle();
  }
}

function itemsOf({ kernel }: Thread, section: KernelSection): readonly KernelItem[] | undefined {
  return kernel?.sections[section];
}

function furtherOf(thread: Thread, section: keyof typeof FURTHER_RECORDS): KernelFields {
  return firstRecord(itemsOf(thread, section), FURTHER_RECORDS[section])?.fields ?? {};
}

function writeHead({ writer }: WriteContext, task: Task, thread: Thread, isFirst: boolean): void {
  const further = furtherOf(thread, 'task');
  const own = { exit_state: task.exitState, exit_code: task.exitCode, exit_signal: task.exitSignal };
  const exit = isFirst ? own : exitOfThread(further);
  writer.struct('TASK', { ...further, ...exit, state: thread.state, task_comm_len: TASK_COMM_BYTES });
  writer.bytes('STRING', commBytes(thread.comm));
}

/** What the kernel has of a thread that is not the first, unless the image says otherwise. */
function exitOfThread(further: KernelFields): KernelFields {
  const isTold = 'exit_code' in further || 'exit_signal' in further;
  return isTold ? {} : { exit_signal: NO_EXIT_SIGNAL };
}

/** A section that stands in the stream as it does in the model. */
function carried(section: KernelSection): (place: Place) => Promise<void> {
  return ({ context, thread }) => writeItems(context, itemsOf(thread, section));
}

const WRITE_SECTION: Readonly<Record<SectionName, (place: Place) => Promise<void>>> = {
  creds: carried('creds'),
  ns: carried('ns'),
  files: async ({ context, task, thread, path, objrefs }) => {
    objrefs.files_objref = await writeFileTable(context, task.files, itemsOf(thread, 'files'), `${path}.files`);
  },
  mm: async ({ context, task, path, objrefs }) => {
    objrefs.mm_objref = task.mm ? await writeMm(context, task.mm, `${path}.mm`) : 0;
  },
  fs: carried('fs'),
  sem_undo: carried('sem_undo'),
  sighand: carried('sighand'),
  TASK_OBJS: ({ context, thread, objrefs }) => {
    context.writer.struct('TASK_OBJS', { ...furtherOf(thread, 'objs'), ...objrefs });
    return Promise.resolve();
  },
  signal: carried('signal'),
  THREAD: ({ context, thread }) => {
    writeThread(context, thread);
    return Promise.resolve();
  },
  RESTART_BLOCK: ({ context, thread }) => {
    const record = firstRecord(itemsOf(thread, 'restart_block'), 'RESTART_BLOCK');
    if (record) context.writer.kernelRecord(record);
    else context.writer.struct('RESTART_BLOCK', NO_RESTART);
    return Promise.resolve();
  },
  CPU: ({ context, thread }) => {
    writeCpu(context, thread);
    return Promise.resolve();
  },
  pending: ({ context, thread }) => {
    for (const name of ['SIGPENDING', 'SIGNAL_TASK'] as const) {
      const record = firstRecord(itemsOf(thread, 'pending'), name);
      if (record) context.writer.kernelRecord(record);
      else context.writer.struct(name, {});
    }
    return Promise.resolve();
  },
};

function writeThread({ writer }: WriteContext, thread: Thread): void {
  const { tls } = thread;
  const array = new Uint8Array(TLS_BYTES);
  array.set(tls.subarray(0, TLS_BYTES));
  const ntls = countTls(array);
  const sizes = { gdt_entry_tls_entries: TLS_ENTRIES, sizeof_tls_array: TLS_BYTES };
  writer.struct('THREAD', { ...furtherOf(thread, 'thread'), ...sizes, ntls, tls: array });
  // up to v16 the array is a record of its own
  if (writer.revision.types.THREAD_TLS !== undefined && ntls > 0) writer.bytes('THREAD_TLS', array);
}

/** Descriptors that are not all zero. */
function countTls(tls: Uint8Array): number {
  const starts = Array.from({ length: TLS_ENTRIES }, (_, i) => i * TLS_ENTRY_BYTES);
  return starts.filter((start) => tls.subarray(start, start + TLS_ENTRY_BYTES).some((byte) => byte !== 0)).length;
}

function writeCpu({ writer }: WriteContext, { registers, usesDebug, xstate }: Thread): void {
  const fields = cpuFieldsOf(registers, writer.layout('CPU'), writer.wordBytes);
  writer.struct('CPU', { ...fields, uses_debug: usesDebug, used_math: Number(xstate.length > 0) });
  if (xstate.length > 0) writer.bytes('CPU_FPU', xstate);
}

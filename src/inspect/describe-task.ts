import { hexBytes, hexNumber } from '../format/layout/unit.js';
import { decodeDescriptors } from '../format/model/descriptor.js';
import { MM_ADDRESSES } from '../format/model/image.js';
import { REGISTER_NAMES } from '../format/model/registers.js';
import { auxvEntries } from './auxv-types.js';
import { describeFiles, describeOpenFile } from './describe-file.js';
import { describeKernelState } from './describe-kernel.js';
import { describeVmas } from './describe-vma.js';
import { ZOMBIE, taskStateName } from './task-state.js';
import type { SegmentDescriptor } from '../format/model/descriptor.js';
import type { AddressSpace, MmAddresses, Task, Thread } from '../format/model/image.js';
import type { RegisterName } from '../format/model/registers.js';
import type { FileDescription, OpenFileDescription } from './describe-file.js';
import type { KernelStateDescription, MemoryIndex } from './describe-kernel.js';
import type { VmaDescription, VmaOptions } from './describe-vma.js';

/** A decoded segment descriptor and its place in the table. */
export interface DescriptorDescription extends Omit<SegmentDescriptor, 'base' | 'limit'> {
  readonly index: number;
  readonly base: string;
  readonly limit: string;
}

export interface MmDescription {
  readonly addresses: Readonly<Record<keyof MmAddresses, string>>;
  readonly vmas: readonly VmaDescription[];
  /** Entries that are not empty. */
  readonly ldt: readonly DescriptorDescription[];
  /** Number in the image. What follows is `null`, too, where the format does not keep it. */
  readonly id: number | null;
  /** The program. */
  readonly exe: OpenFileDescription | null;
  /** The auxiliary vector. */
  readonly auxv: readonly AuxvDescription[] | null;
  readonly vdso: string | null;
  readonly defFlags: string | null;
  readonly flags: string | null;
}

/** An entry of the auxiliary vector. */
export interface AuxvDescription {
  /** `AT_PHDR`; a number for a type without a name. */
  readonly type: string;
  readonly value: string;
}

export interface ThreadDescription {
  readonly tid: number;
  readonly comm: string;
  readonly state: string;
  /** Registers that are known, in hex. */
  readonly registers: Readonly<Partial<Record<RegisterName, string>>>;
  readonly tls: readonly DescriptorDescription[];
  /** The FXSAVE or XSAVE image as hex bytes; `null` where there is none. */
  readonly xstate: string | null;
  /** `null` where the image holds nothing of the kind. */
  readonly kernel: KernelStateDescription | null;
}

export interface TaskDescription {
  readonly pid: number;
  readonly tgid: number;
  readonly ppid: number;
  /** Process group and session; `null` where the format has none. */
  readonly pgid: number | null;
  readonly sid: number | null;
  readonly comm: string;
  /** `zombie` for a task that has ended and waits for its parent. */
  readonly state: string;
  readonly exitState: number;
  readonly exitCode: number;
  readonly exitSignal: number;
  /** `null` for a zombie, and where `mmSharedWith` says who has it. */
  readonly mm: MmDescription | null;
  /** The pid of the first task with the same memory; `null` when it is this one. */
  readonly mmSharedWith: number | null;
  /** Empty, too, where `filesSharedWith` says who has them. */
  readonly files: readonly FileDescription[];
  /** The pid of the first task with the same descriptors; `null` when it is this one. */
  readonly filesSharedWith: number | null;
  readonly threads: readonly ThreadDescription[];
}

function describeDescriptors(table: Uint8Array): DescriptorDescription[] {
  return decodeDescriptors(table).map(({ index, descriptor }) => {
    return { index, ...descriptor, base: hexNumber(descriptor.base), limit: hexNumber(descriptor.limit) };
  });
}

function describeAddresses(mm: MmAddresses): Record<keyof MmAddresses, string> {
  const entries = MM_ADDRESSES.map((name) => [name, hexNumber(mm[name])]);
  // fromEntries forgets the names; they are those of the table
  return Object.fromEntries(entries) as Record<keyof MmAddresses, string>;
}

function describeThread(thread: Thread, memories: MemoryIndex): ThreadDescription {
  const known = REGISTER_NAMES.flatMap((name) => {
    const value = thread.registers[name];
    return value === undefined ? [] : [[name, hexNumber(value)] as const];
  });
  return {
    tid: thread.tid,
    comm: thread.comm,
    state: taskStateName(thread.state),
    registers: Object.fromEntries(known),
    tls: describeDescriptors(thread.tls),
    xstate: thread.xstate.length === 0 ? null : hexBytes(thread.xstate),
    kernel: describeKernelState(thread.kernel, memories),
  };
}

function hexOrNull(value: bigint | undefined): string | null {
  return value === undefined ? null : hexNumber(value);
}

function describeAuxv(auxv: readonly bigint[] | undefined): AuxvDescription[] | null {
  return auxv ? auxvEntries(auxv).map(({ type, value }) => ({ type, value: hexNumber(value) })) : null;
}

function describeMm(mm: AddressSpace, { memories, options }: TaskContext): MmDescription {
  return {
    addresses: describeAddresses(mm),
    vmas: describeVmas(mm.vmas, memories, options),
    ldt: describeDescriptors(mm.ldt),
    id: mm.id ?? null,
    exe: mm.exe ? describeOpenFile(mm.exe, memories) : null,
    auxv: describeAuxv(mm.auxv),
    vdso: hexOrNull(mm.vdso),
    defFlags: hexOrNull(mm.def_flags),
    flags: hexOrNull(mm.flags),
  };
}

/** What the descriptions of the tasks of one image have in common. */
export interface TaskContext {
  readonly options: VmaOptions;
  readonly memories: MemoryIndex;
  /** The pid of the first task with this address space, or with this file table. */
  readonly firstWithMm: ReadonlyMap<AddressSpace, number>;
  readonly firstWithFiles: ReadonlyMap<Task['files'], number>;
}

/** The pid where it is another one's. */
function sharedWith(pid: number, first: number | undefined): number | null {
  return first === undefined || first === pid ? null : first;
}

/** A task with everything in it but what an earlier one has, too. Files and threads keep their order. */
export function describeTask(task: Task, context: TaskContext): TaskDescription {
  const { pid, mm, files, threads } = task;
  const [leader] = threads;
  const { memories } = context;
  const mmSharedWith = sharedWith(pid, mm && context.firstWithMm.get(mm));
  const filesSharedWith = sharedWith(pid, context.firstWithFiles.get(files));
  return {
    pid,
    tgid: task.tgid,
    ppid: task.ppid,
    pgid: task.pgid ?? null,
    sid: task.sid ?? null,
    comm: leader.comm,
    state: mm ? taskStateName(leader.state) : ZOMBIE,
    exitState: task.exitState,
    exitCode: task.exitCode,
    exitSignal: task.exitSignal,
    mm: mm && mmSharedWith === null ? describeMm(mm, context) : null,
    mmSharedWith,
    files: filesSharedWith === null ? describeFiles(files, memories) : [],
    filesSharedWith,
    threads: threads.map((thread) => describeThread(thread, memories)),
  };
}

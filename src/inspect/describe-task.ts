import { hexBytes, hexNumber, jsonInteger } from '../format/layout/unit.js';
import { decodeDescriptors } from '../format/model/descriptor.js';
import { MM_ADDRESSES } from '../format/model/image.js';
import { REGISTER_NAMES } from '../format/model/registers.js';
import { describeVmas } from './describe-vma.js';
import { openFlagNames } from './open-flags.js';
import { taskStateName } from './task-state.js';
import type { JsonValue } from '../format/layout/unit.js';
import type { SegmentDescriptor } from '../format/model/descriptor.js';
import type {
  AddressSpace,
  FileDescriptor,
  FileType,
  MmAddresses,
  OpenFile,
  Task,
  Thread,
} from '../format/model/image.js';
import type { RegisterName } from '../format/model/registers.js';
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
}

/** An open file descriptor. */
export interface FileDescription {
  readonly fd: number;
  readonly type: FileType;
  readonly name: string;
  readonly isCloseOnExec: boolean;
  readonly mode: string;
  readonly flags: string;
  /** Access mode and O_* flags by name. */
  readonly flagNames: readonly string[];
  /** Position in the file, in bytes. */
  readonly pos: JsonValue;
  readonly version: JsonValue;
  /** The lowest descriptor of the task that refers to the same open file; `null` when it is this one. */
  readonly sharedWith: number | null;
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
}

export interface TaskDescription {
  readonly pid: number;
  readonly tgid: number;
  readonly ppid: number;
  readonly comm: string;
  readonly state: string;
  readonly exitState: number;
  readonly exitCode: number;
  readonly exitSignal: number;
  /** `null` for a zombie. */
  readonly mm: MmDescription | null;
  readonly files: readonly FileDescription[];
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

function describeFiles(descriptors: readonly FileDescriptor[]): FileDescription[] {
  const firstFd = new Map<OpenFile, number>();
  return descriptors.map(({ fd, isCloseOnExec, file }) => {
    const sharedWith = firstFd.get(file) ?? null;
    if (sharedWith === null) firstFd.set(file, fd);
    return {
      fd,
      type: file.type,
      name: file.name,
      isCloseOnExec,
      mode: hexNumber(file.f_mode >>> 0),
      flags: hexNumber(file.f_flags >>> 0),
      flagNames: openFlagNames(file.f_flags),
      pos: jsonInteger(file.f_pos),
      version: jsonInteger(file.f_version),
      sharedWith,
    };
  });
}

function describeThread(thread: Thread): ThreadDescription {
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
  };
}

function describeMm(mm: AddressSpace, options: VmaOptions): MmDescription {
  return {
    addresses: describeAddresses(mm),
    vmas: describeVmas(mm.vmas, options),
    ldt: describeDescriptors(mm.ldt),
  };
}

/** A task with everything in it. Files and threads keep their order. */
export function describeTask(task: Task, options: VmaOptions = {}): TaskDescription {
  const [leader] = task.threads;
  return {
    pid: task.pid,
    tgid: task.tgid,
    ppid: task.ppid,
    comm: leader.comm,
    state: taskStateName(leader.state),
    exitState: task.exitState,
    exitCode: task.exitCode,
    exitSignal: task.exitSignal,
    mm: task.mm ? describeMm(task.mm, options) : null,
    files: describeFiles(task.files),
    threads: task.threads.map(describeThread),
  };
}

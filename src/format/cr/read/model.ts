import { decodeCString } from '../../bytes/text.js';
import { FormatError } from '../../errors.js';
import {
  addressesOf,
  NO_MEMORY,
  type MmAddresses,
  type AddressSpace,
  type FileDescriptor,
  type ImageHeader,
  type OpenFile,
  type Task,
  type Thread,
  type Vma,
} from '../../model/image.js';
import { kindOfVma } from '../../model/vma-kind.js';
import { fileTypeOf } from '../tables/files.js';
import type { FdParts, MmParts, StreamParts, TaskParts, VmaParts } from './parts.js';
import { featuresInside } from '../cpu-features.js';
import { registersOf } from '../registers.js';
import { joinThreads } from '../thread-groups.js';
import type { StructRecord } from '../tables/structs.js';

const NOTHING = new Uint8Array(0);

/** The header of the model. */
export function headerOf({ head, arch, tasks }: StreamParts): ImageHeader {
  return {
    kernel: { major: head.major, minor: head.minor, patch: head.patch },
    uname: {
      release: decodeCString(head.release ?? NOTHING),
      version: decodeCString(head.version ?? NOTHING),
      machine: decodeCString(head.machine ?? NOTHING),
    },
    timeSeconds: head.time,
    cpu: cpuFeaturesOf(arch, tasks[0]?.cpu),
  };
}

/** Without HEAD_ARCH, what the CPU record of the one task lets see. */
function cpuFeaturesOf(arch: StreamParts['arch'], cpu: StructRecord<'CPU'> | undefined): ImageHeader['cpu'] {
  if (arch) return { hasFxsr: arch.has_fxsr !== 0, hasXsave: arch.has_xsave !== 0, xstateBytes: arch.xstate_size };
  return featuresInside(cpu?.has_fxsr !== undefined && cpu.has_fxsr !== 0, cpu?.fpu?.length ?? 0);
}

interface Ids {
  readonly vpid: number;
  readonly vtgid: number;
  readonly vppid: number;
}

/** The tasks of the model, threads put to their processes. */
export function tasksOf(parts: StreamParts, wordBytes: 4 | 8): Task[] {
  const openFiles = new Map<number, OpenFile>();
  const tasks = parts.tasks.map((task, i) => {
    const ids = idsOf(parts, task, i);
    return taskOf(task, ids, threadOf(task, ids.vpid, wordBytes), openFiles);
  });
  return joinThreads(tasks);
}

/** By their place; where tasks may be missing, by the pid that stands in MM, if one has it. */
function idsOf({ pids, isDamaged }: StreamParts, { mm: { parent = 0 } }: TaskParts, index: number): Ids {
  const named = isDamaged ? pids.filter(({ vpid }) => vpid === parent) : [];
  return (named.length === 1 ? named[0] : pids[index]) ?? { vpid: parent, vtgid: parent, vppid: 0 };
}

function taskOf(task: TaskParts, ids: Ids, thread: Thread, openFiles: Map<number, OpenFile>): Task {
  return {
    pid: ids.vpid,
    tgid: ids.vtgid,
    ppid: ids.vppid,
    pgid: undefined,
    sid: undefined,
    exitState: task.fields?.exit_state ?? 0,
    exitCode: task.fields?.exit_code ?? 0,
    exitSignal: task.fields?.exit_signal ?? 0,
    mm: addressSpaceOf(task.mm),
    files: task.files.map((fd) => descriptorOf(fd, openFiles)),
    threads: [thread],
  };
}

function threadOf(task: TaskParts, tid: number, wordBytes: 4 | 8): Thread {
  return {
    tid,
    comm: decodeCString(task.comm),
    state: task.fields?.state ?? 0,
    registers: task.cpu ? registersOf(task.cpu, wordBytes) : {},
    usesDebug: task.cpu?.uses_debug ?? 0,
    // up to v8 the array is there also when nothing is in it
    tls: task.tls.some((byte) => byte !== 0) ? task.tls : NOTHING,
    xstate: task.xstate,
  };
}

function addressSpaceOf(mm: MmParts): AddressSpace {
  const addresses = addressesOf(mm.fields ?? NO_MEMORY);
  return { ...addresses, vmas: mm.vmas.map((vma) => vmaOf(vma, addresses)), ldt: mm.ldt };
}

function vmaOf({ fields, name, pages, parentPages, uncaptured }: VmaParts, mm: MmAddresses): Vma {
  const { vm_start, vm_end, vm_page_prot, vm_flags, vm_pgoff } = fields;
  const facts = { vm_start, vm_end, vm_flags, name: name && decodeCString(name) };
  const elsewhere = { ...(parentPages && { parentPages }), ...(uncaptured && { uncaptured }) };
  return { ...facts, vm_page_prot, vm_pgoff, kind: kindOfVma(facts, mm), pages, ...elsewhere };
}

function descriptorOf({ fields, file }: FdParts, openFiles: Map<number, OpenFile>): FileDescriptor {
  if (file) {
    const { fd_type, f_mode, f_flags, f_pos, f_version } = file.fields;
    const type = fileTypeOf(fd_type);
    openFiles.set(fields.objref, { type, name: decodeCString(file.name), f_mode, f_flags, f_pos, f_version });
  }
  const opened = openFiles.get(fields.objref);
  if (!opened) {
    // the walk lets a descriptor without data pass only after the one that brought it
    throw new FormatError('BAD_FIELD', {
      what: `FD_ENT.objref of descriptor ${String(fields.fd)}`,
      actual: fields.objref,
    });
  }
  return { fd: fields.fd, isCloseOnExec: fields.close_on_exec !== 0, file: opened };
}

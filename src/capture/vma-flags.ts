import { VM_FLAGS, hasFlag } from '../format/model/vm-flags.js';

/** Which bit of the image's time a code of VmFlags stands for. Codes that are not here have none. */
const BIT_OF_CODE: Readonly<Record<string, bigint>> = {
  rd: VM_FLAGS.READ,
  wr: VM_FLAGS.WRITE,
  ex: VM_FLAGS.EXEC,
  sh: VM_FLAGS.SHARED,
  mr: VM_FLAGS.MAYREAD,
  mw: VM_FLAGS.MAYWRITE,
  me: VM_FLAGS.MAYEXEC,
  ms: VM_FLAGS.MAYSHARE,
  gd: VM_FLAGS.GROWSDOWN,
  pf: VM_FLAGS.PFNMAP,
  dw: VM_FLAGS.DENYWRITE,
  lo: VM_FLAGS.LOCKED,
  io: VM_FLAGS.IO,
  sr: VM_FLAGS.SEQ_READ,
  rr: VM_FLAGS.RAND_READ,
  dc: VM_FLAGS.DONTCOPY,
  de: VM_FLAGS.DONTEXPAND,
  ac: VM_FLAGS.ACCOUNT,
  nr: VM_FLAGS.NORESERVE,
  ht: VM_FLAGS.HUGETLB,
  nl: VM_FLAGS.NONLINEAR,
  mm: VM_FLAGS.MIXEDMAP,
  mg: VM_FLAGS.MERGEABLE,
};

/** What of a mapping its codes do not say. */
export interface MappingRole {
  readonly isVdso: boolean;
  /** A file is mapped. */
  readonly hasFile: boolean;
  /** The file is the program that the process runs. */
  readonly isExecutable: boolean;
}

const DEVICE_BITS = VM_FLAGS.IO | VM_FLAGS.PFNMAP;

/**
 * vm_flags in the image's numbering from the codes of VmFlags.
 *
 * Source: spec/cr-stream.md 14.1; today's kernels do not keep DENYWRITE, EXECUTABLE, ALWAYSDUMP and CAN_NONLINEAR.
 */
export function synthesiseFlags(codes: readonly string[], role: MappingRole): bigint {
  let flags = 0n;
  for (const code of codes) flags |= BIT_OF_CODE[code] ?? 0n;
  if (role.isVdso) flags |= VM_FLAGS.ALWAYSDUMP;
  if (role.hasFile && !hasFlag(flags, DEVICE_BITS)) flags |= VM_FLAGS.CAN_NONLINEAR;
  if (role.isExecutable) flags |= VM_FLAGS.DENYWRITE | VM_FLAGS.EXECUTABLE;
  return flags;
}

/**
 * The VM_* bits of a mapping as x86 kernels of the image format's time (2.6.27 to 2.6.36) numbered them.
 * Source: spec/cr-stream.md 14.1.
 */
export const VM_FLAGS = {
  READ: 0x1n,
  WRITE: 0x2n,
  EXEC: 0x4n,
  SHARED: 0x8n,
  MAYREAD: 0x10n,
  MAYWRITE: 0x20n,
  MAYEXEC: 0x40n,
  MAYSHARE: 0x80n,
  GROWSDOWN: 0x100n,
  GROWSUP: 0x200n,
  PFNMAP: 0x400n,
  DENYWRITE: 0x800n,
  EXECUTABLE: 0x1000n,
  LOCKED: 0x2000n,
  IO: 0x4000n,
  SEQ_READ: 0x8000n,
  RAND_READ: 0x1_0000n,
  DONTCOPY: 0x2_0000n,
  DONTEXPAND: 0x4_0000n,
  RESERVED: 0x8_0000n,
  ACCOUNT: 0x10_0000n,
  NORESERVE: 0x20_0000n,
  HUGETLB: 0x40_0000n,
  NONLINEAR: 0x80_0000n,
  MAPPED_COPY: 0x100_0000n,
  INSERTPAGE: 0x200_0000n,
  ALWAYSDUMP: 0x400_0000n,
  CAN_NONLINEAR: 0x800_0000n,
  MIXEDMAP: 0x1000_0000n,
  SAO: 0x2000_0000n,
  PFN_AT_MMAP: 0x4000_0000n,
  MERGEABLE: 0x8000_0000n,
} as const;

/** Whether any of `bits` is set. */
export function hasFlag(flags: bigint, bits: bigint): boolean {
  return (flags & bits) !== 0n;
}

/** `rwxp` as in /proc/PID/maps; `s` for a mapping that was asked for as shared. */
export function permissionText(flags: bigint): string {
  const read = hasFlag(flags, VM_FLAGS.READ) ? 'r' : '-';
  const write = hasFlag(flags, VM_FLAGS.WRITE) ? 'w' : '-';
  const exec = hasFlag(flags, VM_FLAGS.EXEC) ? 'x' : '-';
  return read + write + exec + (hasFlag(flags, VM_FLAGS.MAYSHARE) ? 's' : 'p');
}

const PRESENT_USER_ACCESSED = 0x25n;
const RW = 0x2n;
const NO_EXECUTE = 1n << 63n;
/** PROTNONE shares its bit with PSE in 2.6.26 to 2.6.28, the kernels of v9 to v13. */
const PROT_NONE = 0xa0n;

/**
 * The page protection that the kernel gives a mapping of these flags on x86_64. Private writable memory is read-only
 * there, since the first write makes the copy.
 * Source: spec/cr-stream.md 14.2.
 */
export function pageProtection(flags: bigint): bigint {
  const { READ, WRITE, EXEC, SHARED } = VM_FLAGS;
  if (!hasFlag(flags, READ | WRITE | EXEC)) return PROT_NONE;
  const writable = hasFlag(flags, SHARED) && hasFlag(flags, WRITE) ? RW : 0n;
  return PRESENT_USER_ACCESSED | writable | (hasFlag(flags, EXEC) ? 0n : NO_EXECUTE);
}

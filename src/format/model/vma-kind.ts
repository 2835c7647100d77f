import { VM_FLAGS, hasFlag } from './vm-flags.js';

/** What only a living process tells of a mapping. */
export interface LiveFacts {
  /** The two-letter codes of VmFlags in /proc/PID/smaps, unknown ones among them. Source: spec/proc.md 5. */
  readonly flagCodes: readonly string[];
  /** Device and inode of what is mapped, as maps prints them: `fe:00 1234`. */
  readonly fileId: string;
  /** A character device is mapped. */
  readonly isCharDevice: boolean;
  /** Every page is a guard (bit 58 of pagemap). Source: spec/proc.md 3. */
  readonly isGuard: boolean;
}

/** What is known of a mapping when its kind is asked for, the same from a live process and from an image but for `live`. */
export interface VmaFacts {
  readonly vm_start: bigint;
  readonly vm_end: bigint;
  readonly vm_flags: bigint;
  /** Path of what is mapped, as in /proc/PID/maps; undefined for anonymous memory. */
  readonly name: string | undefined;
  readonly live?: LiveFacts | undefined;
}

/** The members of mm_struct that tell heap and stack from other anonymous memory. */
export interface HeapAndStack {
  readonly start_brk: bigint;
  readonly brk: bigint;
  readonly start_stack: bigint;
}

/**
 * Which pages of a mapping are captured: `existing`, those of anonymous memory that are there; `written`, private copies
 * of pages of a file; `object`, all that the mapped object has.
 */
export type Contents = 'none' | 'all' | 'existing' | 'written' | 'object';

/** What a page reads as that the image does not hold: zero, or what the mapped object has there. */
export type AbsentPage = 'zero' | 'backing';

/**
 * How a ckpt stream spells a kind as the type of a VMA: `MEMORY` is an object of pages (SHM_ANON; of System V SHM_IPC_SKIP
 * behind its segment), `BACKED` is SHM_FILE where it is mapped as shared, `PRIVATE` is ANON, or FILE with a name.
 * Source: spec/cr-stream.md 8.8.
 */
export type CkptSpelling = 'VDSO' | 'MEMORY' | 'BACKED' | 'PRIVATE';

/** By what a cr stream, which has no types, tells a kind: `nothing`, it is then read as another kind. */
export type CrSpelling = 'flags' | 'name' | 'place' | 'nothing';

type IsKind = (vma: VmaFacts, mm: HeapAndStack) => boolean;

interface KindEntry {
  /** As /proc/PID/maps names it, where the mapping has no path of its own. */
  readonly label: string | undefined;
  readonly is: IsKind;
  readonly contents: Contents;
  readonly absent: AbsentPage;
  readonly ckpt: CkptSpelling;
  readonly cr: CrSpelling;
  /** Why its contents are captured or not, for people. */
  readonly reason: string;
}

/** The one address of the vsyscall page on x86_64. */
export const VSYSCALL_START = 0xffff_ffff_ff60_0000n;
/** How names of memory files begin. */
const MEMFD_PREFIX = '/memfd:';

const DEVICE_BITS = VM_FLAGS.IO | VM_FLAGS.PFNMAP;
const SHARED_BITS = VM_FLAGS.SHARED | VM_FLAGS.MAYSHARE;
const SYSV_PREFIX = '/SYSV';
const SECRET_PREFIX = '/secretmem';
/** The file behind shared anonymous memory. */
const SHMEM_PREFIX = '/dev/zero';
/** VmFlags of memory that is not to be in core dumps (MADV_DONTDUMP, droppable memory). */
const DONTDUMP_CODE = 'dd';

/** As what /proc/PID/maps has a mapping of the SysV segment with this key; the kernel calls all of them deleted. */
export function segmentName(key: number): string {
  return `${SYSV_PREFIX}${key.toString(16).padStart(8, '0')} (deleted)`;
}

function isShared({ vm_flags }: VmaFacts): boolean {
  return hasFlag(vm_flags, SHARED_BITS);
}

function isSharedAs(vma: VmaFacts, prefix: string): boolean {
  return isShared(vma) && vma.name?.startsWith(prefix) === true;
}

function isDevice(vma: VmaFacts): boolean {
  return hasFlag(vma.vm_flags, DEVICE_BITS);
}

/**
 * The kinds of mapping, one entry each, in order: the first that says yes decides. What the kernel and devices map comes
 * first, since it has `dd` too; objects that other processes may map without that advice come before `scratch`.
 */
export const VMA_KINDS = {
  vsyscall: {
    label: '[vsyscall]',
    is: (vma) => vma.vm_start === VSYSCALL_START,
    ...{ contents: 'none', absent: 'backing', ckpt: 'BACKED', cr: 'place' },
    reason: 'the kernel has one for all processes, at one address',
  },
  vdso: {
    label: '[vdso]',
    is: (vma) => vma.name === undefined && hasFlag(vma.vm_flags, VM_FLAGS.ALWAYSDUMP),
    // reading it allocates nothing: all processes share its pages
    ...{ contents: 'all', absent: 'backing', ckpt: 'VDSO', cr: 'flags' },
    reason: 'code of the kernel that return addresses may lie in; another kernel has another',
  },
  vvar: {
    label: '[vvar]',
    is: (vma) => vma.name === undefined && isDevice(vma),
    ...{ contents: 'none', absent: 'backing', ckpt: 'BACKED', cr: 'flags' },
    reason: 'clocks of the kernel, which it does not let others read',
  },
  secret: {
    label: undefined,
    is: (vma) => isSharedAs(vma, SECRET_PREFIX),
    ...{ contents: 'none', absent: 'backing', ckpt: 'BACKED', cr: 'name' },
    reason: 'memfd_secret memory is out of reach even of the kernel',
  },
  device: {
    label: undefined,
    // a private mapping of /dev/zero is ordinary memory
    is: (vma) => isDevice(vma) || (vma.live?.isCharDevice === true && isShared(vma)),
    ...{ contents: 'none', absent: 'backing', ckpt: 'BACKED', cr: 'flags' },
    reason: 'reading a device may act on it, and what it maps is no state of the process',
  },
  hugetlb: {
    label: undefined,
    is: (vma) => hasFlag(vma.vm_flags, VM_FLAGS.HUGETLB),
    ...{ contents: 'object', absent: 'backing', ckpt: 'MEMORY', cr: 'flags' },
    // no revision has a confirmed form for huge pages: HPAGE is not written
    reason: 'its pages are written as ordinary ones',
  },
  sysv: {
    label: undefined,
    is: (vma) => isSharedAs(vma, SYSV_PREFIX),
    ...{ contents: 'object', absent: 'backing', ckpt: 'MEMORY', cr: 'name' },
    reason: 'a segment is there once for all that attach it',
  },
  memfd: {
    label: undefined,
    is: (vma) => isSharedAs(vma, MEMFD_PREFIX),
    ...{ contents: 'object', absent: 'backing', ckpt: 'MEMORY', cr: 'name' },
    reason: 'a memory file is there once for all that map it',
  },
  'shared-anon': {
    label: undefined,
    is: (vma) => isSharedAs(vma, SHMEM_PREFIX) || (vma.name === undefined && isShared(vma)),
    ...{ contents: 'object', absent: 'backing', ckpt: 'MEMORY', cr: 'name' },
    reason: 'it is there once for all processes that inherited it',
  },
  'shared-file': {
    label: undefined,
    is: isShared,
    ...{ contents: 'none', absent: 'backing', ckpt: 'BACKED', cr: 'flags' },
    reason: 'what is written there is in the file',
  },
  guard: {
    label: undefined,
    is: (vma) => vma.live?.isGuard === true,
    ...{ contents: 'none', absent: 'zero', ckpt: 'PRIVATE', cr: 'nothing' },
    reason: 'guard pages have no contents: to touch one is an error',
  },
  scratch: {
    label: undefined,
    is: (vma) => vma.live?.flagCodes.includes(DONTDUMP_CODE) === true,
    ...{ contents: 'none', absent: 'backing', ckpt: 'PRIVATE', cr: 'nothing' },
    reason: 'the process asked for it not to be dumped (MADV_DONTDUMP)',
  },
  file: {
    label: undefined,
    is: (vma) => vma.name !== undefined,
    ...{ contents: 'written', absent: 'backing', ckpt: 'PRIVATE', cr: 'name' },
    reason: 'pages that were written are its own; all others are in the file',
  },
  heap: {
    label: '[heap]',
    is: (vma, mm) => vma.vm_start <= mm.brk && vma.vm_end > mm.start_brk && mm.start_brk !== 0n,
    ...{ contents: 'existing', absent: 'zero', ckpt: 'PRIVATE', cr: 'place' },
    reason: 'memory that nothing else holds',
  },
  stack: {
    label: '[stack]',
    is: (vma, mm) => vma.vm_start <= mm.start_stack && vma.vm_end >= mm.start_stack && mm.start_stack !== 0n,
    ...{ contents: 'existing', absent: 'zero', ckpt: 'PRIVATE', cr: 'place' },
    reason: 'memory that nothing else holds',
  },
  anon: {
    label: undefined,
    is: () => true,
    ...{ contents: 'existing', absent: 'zero', ckpt: 'PRIVATE', cr: 'flags' },
    reason: 'memory that nothing else holds',
  },
} as const satisfies Record<string, KindEntry>;

export type VmaKind = keyof typeof VMA_KINDS;

/** All kinds, in the order in which they are asked. */
// the keys of a table are its type's
export const VMA_KIND_NAMES = Object.keys(VMA_KINDS) as readonly VmaKind[];

/** Whether a text names a kind. */
export function isVmaKind(name: string): name is VmaKind {
  return Object.hasOwn(VMA_KINDS, name);
}

/** What a shared object of pages is by its flags and the name of the file behind it: streams have one type for all of them. */
export function kindOfObject({ vm_flags, name }: Pick<VmaFacts, 'vm_flags' | 'name'>): VmaKind {
  if (hasFlag(vm_flags, VM_FLAGS.HUGETLB)) return 'hugetlb';
  if (name?.startsWith(MEMFD_PREFIX) === true) return 'memfd';
  return name?.startsWith(SYSV_PREFIX) === true ? 'sysv' : 'shared-anon';
}

/** The entry of a kind. */
export function kindEntry(kind: VmaKind): KindEntry {
  return VMA_KINDS[kind];
}

/** The kind of a mapping. */
export function kindOfVma(vma: VmaFacts, mm: HeapAndStack): VmaKind {
  return VMA_KIND_NAMES.find((kind) => kindEntry(kind).is(vma, mm)) ?? 'anon';
}

/** What is kept of a kind, beside the one that a stream tells: the name of an own kind, or a kind that no stream tells. */
export function capturedKind(
  { kind, kindName }: { readonly kind: VmaKind; readonly kindName?: string | undefined },
  told: VmaKind,
): { readonly kindName?: string } {
  if (kindName !== undefined) return { kindName };
  return kind !== told && VMA_KINDS[kind].cr === 'nothing' ? { kindName: kind } : {};
}

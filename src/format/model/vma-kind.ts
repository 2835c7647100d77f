import { VM_FLAGS, hasFlag } from './vm-flags.js';

/** What is known of a mapping when its kind is asked for, the same from a live process and from an image. */
export interface VmaFacts {
  readonly vm_start: bigint;
  readonly vm_end: bigint;
  readonly vm_flags: bigint;
  /** Path of what is mapped, as in /proc/PID/maps; undefined for anonymous memory. */
  readonly name: string | undefined;
}

/** The members of mm_struct that tell heap and stack from other anonymous memory. */
export interface HeapAndStack {
  readonly start_brk: bigint;
  readonly brk: bigint;
  readonly start_stack: bigint;
}

interface KindEntry {
  /** As /proc/PID/maps names it, where the mapping has no path of its own. */
  readonly label: string | undefined;
  /** What a page reads as that the image does not hold: zero, or what the mapped object has there. */
  readonly absent: 'zero' | 'backing';
}

/** The kinds of mapping; more than one format has its own way of spelling each. */
export const VMA_KINDS = {
  vsyscall: { label: '[vsyscall]', absent: 'backing' },
  vvar: { label: '[vvar]', absent: 'backing' },
  vdso: { label: '[vdso]', absent: 'backing' },
  device: { label: undefined, absent: 'backing' },
  hugetlb: { label: undefined, absent: 'backing' },
  sysv: { label: undefined, absent: 'backing' },
  memfd: { label: undefined, absent: 'backing' },
  'shared-anon': { label: undefined, absent: 'backing' },
  'shared-file': { label: undefined, absent: 'backing' },
  file: { label: undefined, absent: 'backing' },
  heap: { label: '[heap]', absent: 'zero' },
  stack: { label: '[stack]', absent: 'zero' },
  anon: { label: undefined, absent: 'zero' },
} as const satisfies Record<string, KindEntry>;

export type VmaKind = keyof typeof VMA_KINDS;

/** The one address of the vsyscall page on x86_64. */
export const VSYSCALL_START = 0xffff_ffff_ff60_0000n;

const DEVICE_BITS = VM_FLAGS.IO | VM_FLAGS.PFNMAP;
const SHARED_BITS = VM_FLAGS.SHARED | VM_FLAGS.MAYSHARE;

type Recogniser = readonly [kind: VmaKind, is: (vma: VmaFacts, mm: HeapAndStack) => boolean];

/** In order: the first that says yes decides. */
const RECOGNISERS: readonly Recogniser[] = [
  ['vsyscall', (vma) => vma.vm_start === VSYSCALL_START],
  ['vdso', (vma) => vma.name === undefined && hasFlag(vma.vm_flags, VM_FLAGS.ALWAYSDUMP)],
  ['vvar', (vma) => vma.name === undefined && hasFlag(vma.vm_flags, DEVICE_BITS)],
  ['device', (vma) => hasFlag(vma.vm_flags, DEVICE_BITS)],
  ['hugetlb', (vma) => hasFlag(vma.vm_flags, VM_FLAGS.HUGETLB)],
  ['sysv', (vma) => isSharedAs(vma, '/SYSV')],
  ['memfd', (vma) => isSharedAs(vma, '/memfd:')],
  [
    'shared-anon',
    (vma) => isSharedAs(vma, '/dev/zero') || (vma.name === undefined && hasFlag(vma.vm_flags, SHARED_BITS)),
  ],
  ['shared-file', (vma) => hasFlag(vma.vm_flags, SHARED_BITS)],
  ['file', (vma) => vma.name !== undefined],
  ['heap', (vma, mm) => vma.vm_start <= mm.brk && vma.vm_end > mm.start_brk && mm.start_brk !== 0n],
  ['stack', (vma, mm) => vma.vm_start <= mm.start_stack && vma.vm_end >= mm.start_stack && mm.start_stack !== 0n],
  ['anon', () => true],
];

function isSharedAs(vma: VmaFacts, prefix: string): boolean {
  return hasFlag(vma.vm_flags, SHARED_BITS) && vma.name?.startsWith(prefix) === true;
}

/** The kind of a mapping. */
export function kindOfVma(vma: VmaFacts, mm: HeapAndStack): VmaKind {
  return RECOGNISERS.find(([, is]) => is(vma, mm))?.[0] ?? 'anon';
}

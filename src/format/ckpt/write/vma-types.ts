import type { SharedMemory } from '../../model/shared-memory.js';
import type { AddressSpace, Vma } from '../../model/image.js';
import { VM_FLAGS, hasFlag } from '../../model/vm-flags.js';
import { VMA_KINDS, kindOfObject, kindOfVma, type VmaKind } from '../../model/vma-kind.js';
import { VMA_TYPES } from '../tables/mm.js';

/** As what a mapping is written. Whether shared memory is there already is not said: SHM_ANON may become SHM_ANON_SKIP. */
export type VmaTypeName = 'VDSO' | 'ANON' | 'FILE' | 'SHM_ANON' | 'SHM_FILE' | 'SHM_IPC_SKIP';

/** What is asked about a mapping when its type is chosen. */
export type VmaTypeFacts = Pick<Vma, 'kind' | 'vm_start' | 'vm_end' | 'vm_flags' | 'name' | 'shared'>;

const SHARED_BITS = VM_FLAGS.SHARED | VM_FLAGS.MAYSHARE;
function choose(
  { kind, vm_flags, name, shared }: VmaTypeFacts,
  isSegment: (memory: SharedMemory) => boolean,
): VmaTypeName {
  const isShared = hasFlag(vm_flags, SHARED_BITS);
  const { ckpt } = VMA_KINDS[kind];
  if (ckpt === 'VDSO') return 'VDSO';
  if (shared) return kind === 'sysv' && isSegment(shared) ? 'SHM_IPC_SKIP' : 'SHM_ANON';
  // huge pages may be private, and are then memory of one process
  if (ckpt === 'MEMORY' && (isShared || kind !== 'hugetlb')) return 'SHM_ANON';
  if (name === undefined) return 'ANON';
  return ckpt === 'BACKED' && isShared ? 'SHM_FILE' : 'FILE';
}

/** The kind that reading a mapping of this type gives. */
function kindRead(type: VmaTypeName, vma: VmaTypeFacts, mm: AddressSpace): VmaKind {
  if (type === 'VDSO') return 'vdso';
  if (type === 'SHM_IPC_SKIP') return 'sysv';
  if (type === 'SHM_ANON') return kindOfObject(vma);
  return kindOfVma(vma, mm);
}

/**
 * The type of a mapping and the kind that it then is. Where its kind does not go with its flags and name, the type is
 * that of the kind which these tell, so that what is read is written alike again.
 * Source: spec/cr-stream.md 8.8.
 */
export function vmaTypeOf(
  vma: VmaTypeFacts,
  mm: AddressSpace,
  isSegment: (memory: SharedMemory) => boolean,
): { readonly type: VmaTypeName; readonly kind: VmaKind } {
  const type = choose(vma, isSegment);
  const kind = kindRead(type, vma, mm);
  if (choose({ ...vma, kind }, isSegment) === type) return { type, kind };
  return vmaTypeOf({ ...vma, kind }, mm, isSegment);
}

/** The number of a type. */
export function vmaTypeNumber(type: VmaTypeName, isThereAlready: boolean): number {
  return type === 'SHM_ANON' && isThereAlready ? VMA_TYPES.SHM_ANON_SKIP : VMA_TYPES[type];
}

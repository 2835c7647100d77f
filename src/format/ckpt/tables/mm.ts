import { gap, s32, u16, u32, u64 } from '../../layout/field.js';
import { layout } from '../../layout/layout.js';
import { byteCount, count, enumOf, flagsOf, hex, opaque, pages, vaddr } from '../../layout/unit.js';
import { VM_FLAGS } from '../../model/vm-flags.js';
import { MM_ADDRESS_ROWS, VMA_AREA_ROWS } from '../../linux-cr/rows.js';
import { refersTo } from './objref.js';

const EXECUTABLE = [
  ['map_count', u32, count, 'number of VMAs'],
  ['exe_objref', s32, refersTo('FILE', { strict: true }), 'the executable; 0: none'],
] as const;

/** Address space of v16; `map_count` VMAs follow. Source: spec/cr-stream.md 8.8. */
export const MM_V16 = layout('MM', [...EXECUTABLE, ...MM_ADDRESS_ROWS]);

/** Since v17; a BUFFER with the auxiliary vector stands before the VMAs. */
export const MM = layout('MM', [
  ...EXECUTABLE,
  ['def_flags', u64, flagsOf(VM_FLAGS), 'flags that new mappings get'],
  ['flags', u64, hex, 'MMF_* word'],
  ...MM_ADDRESS_ROWS,
]);

const TYPES = {
  IGNORE: 0,
  VDSO: 1,
  ANON: 2,
  FILE: 3,
  SHM_ANON: 4,
  SHM_ANON_SKIP: 5,
  SHM_FILE: 6,
  SHM_IPC: 7,
  SHM_IPC_SKIP: 8,
} as const;

/** What backs an area, up to v23-rc1; DEVICE of a patch for it that was never merged. */
export const VMA_TYPES = { ...TYPES, DEVICE: 9 } as const;

/** Since v23-rc2; the DEVICE patch has the number of HUGETLB. */
export const VMA_TYPES_HUGETLB = { ...TYPES, HUGETLB: 9, HUGETLB_SKIP: 10 } as const;

const MAPPED = [
  ['vma_objref', s32, refersTo('FILE', { strict: true }), 'the mapped file; 0: none'],
  ['ino_objref', s32, refersTo('INODE', { strict: false }), 'shared memory, by its inode; 0: private'],
  ['pad', gap, opaque, 'zero'],
  ['ino_size', u64, byteCount, 'size of the inode that backs it; 0: none'],
  ...VMA_AREA_ROWS,
] as const;

/** One mapping; page chunks follow where its type has contents. */
export const VMA = layout('VMA', [['vma_type', u32, enumOf(VMA_TYPES), 'what backs the area'], ...MAPPED]);

/** Since v23-rc2. */
export const VMA_HUGETLB = layout('VMA', [
  ['vma_type', u32, enumOf(VMA_TYPES_HUGETLB), '9 is DEVICE of kernels with that patch'],
  ...MAPPED,
  ['hugetlb_shift', u16, count, 'log2 of the huge page size; 0: none'],
  ['pad2', gap, opaque, 'zero'],
]);

/** Begins a chunk: a BUFFER of addresses and pages follows, none the last. Source: spec/cr-stream.md 8.9. */
export const PGARR = layout('PGARR', [['nr_pages', u64, pages, 'pages in the BUFFER that follows; 0 ends the chunks']]);

/** One huge page. What follows it is not confirmed. */
export const HPAGE = layout('HPAGE', [
  ['vaddr', u64, vaddr, 'address, or index in shared memory'],
  ['shift', u16, count, 'log2 of its size'],
  ['pad', gap, opaque, 'zero'],
]);

/** Ends an address space on x86; an MM_CONTEXT_LDT follows, also an empty one. Source: spec/cr-stream.md 8.10. */
export const MM_CONTEXT = layout('MM_CONTEXT', [
  ['vdso', u64, vaddr, 'where the vdso is mapped'],
  ['ldt_entry_size', u32, byteCount, '8'],
  ['nldt', u32, count, 'LDT slots allocated, 0 for most tasks'],
]);

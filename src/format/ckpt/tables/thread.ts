import { bytes, gap, u16, u32, u64 } from '../../layout/field.js';
import { layout } from '../../layout/layout.js';
import { byteCount, count, flagsOf, opaque, vaddr } from '../../layout/unit.js';
import { TLS_BYTES } from '../../linux-cr/segments.js';

/** The TIF_* bits that tell something about a task, as kernels 2.6.30 to 2.6.33 number them. */
export const THREAD_FLAGS = { IA32: 1 << 17, DEBUG: 1 << 21 } as const;

const SIZES = [
  ['gdt_entry_tls_entries', u16, count, '3'],
  ['sizeof_tls_array', u16, byteCount, '24'],
] as const;

/** Of v16; a THREAD_TLS record follows if `ntls` is not 0. Source: spec/cr-stream.md 8.6. */
export const THREAD_V16 = layout('THREAD', [
  ...SIZES,
  ['ntls', u16, count, 'descriptors that are not empty'],
  ['pad', gap, opaque, 'zero'],
]);

const V17_ROWS = [
  ['thread_info_flags', u32, flagsOf(THREAD_FLAGS), 'TIF_* word of the task'],
  ...SIZES,
  ['tls', bytes(TLS_BYTES, 8), opaque, '3 descriptors, also when all are empty'],
] as const;

/** Of v17 to v22. */
export const THREAD_V17 = layout('THREAD', V17_ROWS);

/** Since v23-rc1. */
export const THREAD_V23 = layout('THREAD', [
  ['sysenter_return', u64, vaddr, 'where SYSENTER comes back to'],
  ...V17_ROWS,
]);

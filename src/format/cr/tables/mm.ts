import { gap, s16, u32, u64 } from '../../layout/field.js';
import { layout } from '../../layout/layout.js';
import { byteCount, count, id, opaque, vaddr } from '../../layout/unit.js';

const ADDRESSES = [
  ['start_code', u64, vaddr, 'text'],
  ['end_code', u64, vaddr, ''],
  ['start_data', u64, vaddr, 'initialised data'],
  ['end_data', u64, vaddr, ''],
  ['start_brk', u64, vaddr, 'heap'],
  ['brk', u64, vaddr, ''],
  ['start_stack', u64, vaddr, 'stack pointer at start'],
  ['arg_start', u64, vaddr, 'argv strings'],
  ['arg_end', u64, vaddr, ''],
  ['env_start', u64, vaddr, 'environment strings'],
  ['env_end', u64, vaddr, ''],
] as const;

/** The address space of a task; `map_count` VMAs follow. Source: spec/cr-stream.md 5.4, seed 001. */
export const MM = layout('MM', [
  ['objref', u32, id, '0: sharing is not known before v14'],
  ['map_count', u32, count, 'number of VMAs'],
  ...ADDRESSES,
]);

const V1_ROWS = [
  ['objref', u32, id, '1; was called tag'],
  ['pad', gap, opaque, 'kept'],
  ...ADDRESSES,
  ['map_count', s16, count, 'number of VMAs'],
  ['pad2', gap, opaque, 'kept'],
] as const;

/** Of v1 on x86_64. Source: spec/cr-stream.md 4.1. */
export const MM_V1 = layout('MM_V1', V1_ROWS, { aligned: 1 });

/** Of v1 on x86_32. */
export const MM_V1_32 = layout('MM_V1_32', V1_ROWS, { aligned: 1, u64Align: 4 });

const LDT_ROWS = [
  ['ldt_entry_size', s16, byteCount, '8'],
  ['nldt', s16, count, 'LDT slots allocated, 0 for most tasks'],
  ['pad', gap, opaque, 'kept'],
] as const;

/** Ends an address space; `nldt` descriptors of 8 bytes follow. Source: spec/cr-stream.md 5.4. */
export const MM_CONTEXT = layout('MM_CONTEXT', LDT_ROWS);

/** Of v1, whose structs are not padded. Source: spec/cr-stream.md 4.1. */
export const MM_CONTEXT_V1 = layout('MM_CONTEXT_V1', LDT_ROWS, { aligned: 1 });

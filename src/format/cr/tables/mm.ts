import { gap, s16, u32 } from '../../layout/field.js';
import { layout } from '../../layout/layout.js';
import { byteCount, count, id, opaque } from '../../layout/unit.js';
import { MM_ADDRESS_ROWS } from '../../linux-cr/rows.js';

/** The address space of a task; `map_count` VMAs follow. Source: spec/cr-stream.md 5.4, seed 001. */
export const MM = layout('MM', [
  ['objref', u32, id, '0: sharing is not known before v14'],
  ['map_count', u32, count, 'number of VMAs'],
  ...MM_ADDRESS_ROWS,
]);

const V1_ROWS = [
  ['objref', u32, id, '1; was called tag'],
  ['pad', gap, opaque, 'kept'],
  ...MM_ADDRESS_ROWS,
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

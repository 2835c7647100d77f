import { gap, s16, s64, u32 } from '../../layout/field.js';
import { layout } from '../../layout/layout.js';
import { byteCount, enumOf, opaque, pages } from '../../layout/unit.js';
import { VMA_AREA_ROWS } from '../../linux-cr/rows.js';

/** Nothing else exists in the cr family. */
export const VMA_TYPES = { ANON: 1, FILE: 2 } as const;

const BACKING = [
  ['vma_type', u32, enumOf(VMA_TYPES), 'what backs the area'],
  ['pad', gap, opaque, 'kept: may hold kernel bytes'],
] as const;

/** One mapping; FNAME follows if it is a FILE, then page chunks. Source: spec/cr-stream.md 5.4. */
export const VMA = layout('VMA', [...BACKING, ...VMA_AREA_ROWS]);

/** Of v2 to v4, a guess: one list of `nr_pages` addresses and one of pages follow. Source: spec/cr-stream.md 4.2. */
export const VMA_COUNTED = layout('VMA_COUNTED', [
  ...BACKING,
  ['nr_pages', s64, pages, 'pages that follow'],
  ...VMA_AREA_ROWS,
]);

const V1_ROWS = [
  ...BACKING,
  ...VMA_AREA_ROWS,
  ['npages', s16, pages, 'pages that follow'],
  ['namelen', s16, byteCount, 'length of the STRING that follows; 0: none'],
  ['pad2', gap, opaque, 'kept'],
] as const;

/** Of v1 on x86_64; `vma_type` was called `how`. Source: spec/cr-stream.md 4.1. */
export const VMA_V1 = layout('VMA_V1', V1_ROWS, { aligned: 1 });

/** Of v1 on x86_32. */
export const VMA_V1_32 = layout('VMA_V1_32', V1_ROWS, { aligned: 1, u64Align: 4 });

import { u16, u32, u64 } from '../../layout/field.js';
import { layout } from '../../layout/layout.js';
import { count, hex } from '../../layout/unit.js';
import { GENERAL_REGISTER_ROWS } from '../../linux-cr/rows.js';

/**
 * What a segment register holds since v17, instead of a selector: one of these numbers, or an index with one of the
 * bits. Source: spec/cr-stream.md 8.7.
 */
export const SEGMENTS = {
  NULL: 0,
  USER32_CS: 1,
  USER32_DS: 2,
  USER64_CS: 3,
  USER64_DS: 4,
  TLS: 0x4000,
  LDT: 0x8000,
} as const;

const DEBUG = [
  ['debugreg0', u64, hex, 'breakpoints'],
  ['debugreg1', u64, hex, ''],
  ['debugreg2', u64, hex, ''],
  ['debugreg3', u64, hex, ''],
  ['debugreg6', u64, hex, ''],
  ['debugreg7', u64, hex, ''],
] as const;

const USED_MATH = ['used_math', u32, count, 'whether a CPU_FPU record follows'] as const;

/** Registers of v16, x86_32 only. */
export const CPU_V16 = layout('CPU', [
  ...GENERAL_REGISTER_ROWS,
  ['cs', u64, hex, ''],
  ['flags', u64, hex, ''],
  ['sp', u64, hex, ''],
  ['ss', u64, hex, ''],
  ['ds', u64, hex, ''],
  ['es', u64, hex, ''],
  ['fs', u64, hex, 'selector'],
  ['gs', u64, hex, 'selector'],
  ...DEBUG,
  ['uses_debug', u32, count, 'whether the debug registers mean something'],
  USED_MATH,
]);

const V17_ROWS = [
  ...GENERAL_REGISTER_ROWS,
  ['sp', u64, hex, ''],
  ['flags', u64, hex, ''],
  ['fs', u64, hex, 'base address; 0 on x86_32 and where fsindex is not 0'],
  ['gs', u64, hex, 'base address; 0 on x86_32 and where gsindex is not 0'],
  ['fsindex', u16, hex, 'segment code'],
  ['gsindex', u16, hex, 'segment code'],
  ['cs', u16, hex, 'segment code'],
  ['ss', u16, hex, 'segment code'],
  ['ds', u16, hex, 'segment code'],
  ['es', u16, hex, 'segment code'],
  USED_MATH,
] as const;

/** Of v17 to v19-rc2. */
export const CPU_V17 = layout('CPU', [...V17_ROWS, ...DEBUG]);

/** Since v19-rc3, whose kernels refuse tasks with breakpoints. */
export const CPU = layout('CPU', V17_ROWS);

import { bytes, gap, s16, u16, u32, u64 } from '../../layout/field.js';
import { layout } from '../../layout/layout.js';
import { byteCount, count, hex, opaque } from '../../layout/unit.js';
import { GENERAL_REGISTER_ROWS } from '../../linux-cr/rows.js';

/** TLS of a thread; the array of 24 bytes follows if `ntls` is not 0, up to v8 always. Source: spec/cr-stream.md 5.5. */
export const THREAD = layout('THREAD', [
  ['gdt_entry_tls_entries', s16, count, '3'],
  ['sizeof_tls_array', s16, byteCount, '24'],
  ['ntls', s16, count, 'descriptors that are not empty'],
  ['pad', gap, opaque, 'kept'],
]);

/** What every CPU record begins with. Source: spec/cr-stream.md 5.6. */
const REGISTERS = [
  ...GENERAL_REGISTER_ROWS,
  ['cs', u64, hex, '0 where only the registers of /proc/PID/syscall are known'],
  ['flags', u64, hex, ''],
  ['sp', u64, hex, ''],
  ['ss', u64, hex, ''],
  ['ds', u64, hex, ''],
  ['es', u64, hex, ''],
  ['fs', u64, hex, 'selector on x86_32, base address on x86_64'],
  ['gs', u64, hex, 'selector on x86_32, base address on x86_64'],
  ['debugreg0', u64, hex, ''],
  ['debugreg1', u64, hex, ''],
  ['debugreg2', u64, hex, ''],
  ['debugreg3', u64, hex, ''],
  ['debugreg4', u64, hex, '0'],
  ['debugreg5', u64, hex, '0'],
  ['debugreg6', u64, hex, ''],
  ['debugreg7', u64, hex, ''],
] as const;

/** Registers since v9; `xstate_size` bytes of HEAD_ARCH follow if `used_math` is not 0. */
export const CPU = layout('CPU', [
  ...REGISTERS,
  ['uses_debug', u32, count, 'computed wrongly by the kernel: arbitrary'],
  ['used_math', u32, count, 'whether FPU state follows'],
]);

const FPU_FLAGS = [
  ['uses_debug', u16, count, 'computed wrongly by the kernel: arbitrary'],
  ['used_math', u16, count, 'whether the FPU state means something'],
  ['has_fxsr', u16, count, '1 if the CPU has FXSAVE'],
  ['pad', gap, opaque, 'kept'],
] as const;

/** Bytes of an FXSAVE image. */
export const FXSAVE_BYTES = 512;

/** Registers up to v8, with the FPU state inside: a union of 512 bytes in kernels up to 2.6.27. */
export const CPU_FXSAVE = layout('CPU_FXSAVE', [
  ...REGISTERS,
  ...FPU_FLAGS,
  ['fpu', bytes(FXSAVE_BYTES, 16), opaque, 'FXSAVE image; a copied pointer in v6'],
]);

/** The same built on 2.6.28-rc, where the union became an XSAVE area. */
export const CPU_XSAVE = layout('CPU_XSAVE', [
  ...REGISTERS,
  ...FPU_FLAGS,
  ['fpu', bytes(576, 64), opaque, 'XSAVE area'],
]);

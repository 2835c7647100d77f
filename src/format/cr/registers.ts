import type { Registers, RegisterName } from '../model/registers.js';
import { REGISTER_NAMES } from '../model/registers.js';
import type { StructRecord } from './tables/structs.js';
import { CPU } from './tables/thread.js';

type CpuRecord = StructRecord<'CPU'>;
type CpuField = Extract<keyof CpuRecord, RegisterName>;
type CpuFields = Readonly<Record<CpuField, bigint>>;

/** The registers that a CPU record has room for. */
const CPU_REGISTERS = REGISTER_NAMES.filter((name): name is CpuField => CPU.fields.some((f) => f.name === name));

/** What /proc/PID/syscall tells of a thread inside a system call, and of one outside. */
const IN_SYSCALL: readonly CpuField[] = ['orig_ax', 'di', 'si', 'dx', 'r10', 'r8', 'r9', 'sp', 'ip'];
const IN_USER_CODE: readonly CpuField[] = ['orig_ax', 'sp', 'ip'];
const NO_SYSCALL = (1n << 64n) - 1n;

/**
 * Which fields of a CPU record mean something. A code segment of 0 cannot be: such a record comes from a capture, which
 * knows only what /proc/PID/syscall tells.
 */
function knownFields(cpu: CpuFields): readonly CpuField[] {
  if (cpu.cs !== 0n) return CPU_REGISTERS;
  if (cpu.ip === 0n && cpu.sp === 0n) return [];
  return cpu.orig_ax === NO_SYSCALL ? IN_USER_CODE : IN_SYSCALL;
}

/** On x86_64 the CPU record holds base addresses in `fs` and `gs`. Source: spec/cr-stream.md 5.6. */
const BASE_OF: Readonly<Partial<Record<CpuField, RegisterName>>> = { fs: 'fs_base', gs: 'gs_base' };

/** The registers that a CPU record tells. */
export function registersOf(cpu: CpuFields, wordBytes: 4 | 8): Registers {
  const registers: Partial<Record<RegisterName, bigint>> = {};
  for (const field of knownFields(cpu)) registers[(wordBytes === 8 && BASE_OF[field]) || field] = cpu[field];
  return registers;
}

/** The register fields of a CPU record; what is not known is zero. */
export function cpuFieldsOf(registers: Registers, wordBytes: 4 | 8): CpuFields {
  const value = (field: CpuField): bigint => registers[(wordBytes === 8 && BASE_OF[field]) || field] ?? 0n;
  // every name of the list is a field, and every field of the type is in the list
  return Object.fromEntries(CPU_REGISTERS.map((field) => [field, value(field)])) as CpuFields;
}

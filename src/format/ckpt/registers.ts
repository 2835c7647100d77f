import type { AnyRecord, Layout } from '../layout/layout.js';
import type { FieldValue } from '../layout/unit.js';
import { REGISTER_NAMES, type RegisterName, type Registers } from '../model/registers.js';
import { segmentCodeOf, selectorOf } from './segments.js';

/** What /proc/PID/syscall tells of a thread inside a system call, and of one outside. */
const IN_SYSCALL: readonly string[] = ['orig_ax', 'di', 'si', 'dx', 'r10', 'r8', 'r9', 'sp', 'ip'];
const IN_USER_CODE: readonly string[] = ['orig_ax', 'sp', 'ip'];
const NO_SYSCALL = (1n << 64n) - 1n;

/** Fields that hold segment codes since v17, and the selectors that they stand for. */
const SELECTOR_OF: Readonly<Record<string, RegisterName>> = {
  cs: 'cs',
  ss: 'ss',
  ds: 'ds',
  es: 'es',
  fsindex: 'fs',
  gsindex: 'gs',
};

const BASE_OF: Readonly<Record<string, RegisterName>> = { fs: 'fs_base', gs: 'gs_base' };

/** How a field of a CPU record says a register. */
interface Spelling {
  readonly register: RegisterName;
  readonly isCode: boolean;
}

function isRegister(name: string): name is RegisterName {
  return (REGISTER_NAMES as readonly string[]).includes(name);
}

/** Undefined for a field that is no register. Source: spec/cr-stream.md 8.7. */
function spellingOf(field: string, hasCodes: boolean, wordBytes: 4 | 8): Spelling | undefined {
  const selector = hasCodes ? SELECTOR_OF[field] : undefined;
  if (selector) return { register: selector, isCode: true };
  const base = BASE_OF[field];
  if (base && wordBytes === 8) return { register: base, isCode: false };
  // on x86_32 fs and gs are zero where fsindex and gsindex say what they hold
  if (base && hasCodes) return undefined;
  return isRegister(field) ? { register: field, isCode: false } : undefined;
}

function valueOf(value: FieldValue | undefined, isCode: boolean, wordBytes: 4 | 8): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value !== 'number') return undefined;
  return isCode ? selectorOf(value, wordBytes) : BigInt(value);
}

/**
 * The fields of a CPU record that mean something; undefined: all of them. A code segment of 0 cannot be: such a record
 * comes from a capture, which knows only what /proc/PID/syscall tells.
 */
function knownFields(cpu: AnyRecord): readonly string[] | undefined {
  if (cpu['cs'] !== 0n && cpu['cs'] !== 0) return undefined;
  if (cpu['ip'] === 0n && cpu['sp'] === 0n) return [];
  return cpu['orig_ax'] === NO_SYSCALL ? IN_USER_CODE : IN_SYSCALL;
}

/**
 * The registers in a decoded CPU record of any revision: since v17 segment registers are codes. A segment whose code
 * no kernel writes is left out.
 */
export function registersOf(cpu: AnyRecord, wordBytes: 4 | 8): Registers {
  const registers: Partial<Record<RegisterName, bigint>> = {};
  for (const field of knownFields(cpu) ?? Object.keys(cpu)) {
    const spelling = spellingOf(field, 'fsindex' in cpu, wordBytes);
    if (!spelling) continue;
    const value = valueOf(cpu[field], spelling.isCode, wordBytes);
    if (value !== undefined) registers[spelling.register] = value;
  }
  return registers;
}

/** The register fields of a CPU record of this layout; what is not known, or has no code, is zero. */
export function cpuFieldsOf(
  registers: Registers,
  layout: Layout,
  wordBytes: 4 | 8,
): Readonly<Record<string, number | bigint>> {
  const hasCodes = layout.fields.some(({ name }) => name === 'fsindex');
  const fields: Record<string, number | bigint> = {};
  for (const { name, type } of layout.fields) {
    const spelling = spellingOf(name, hasCodes, wordBytes);
    const value = spelling && registers[spelling.register];
    if (spelling?.isCode) fields[name] = segmentCodeOf(value ?? 0n, wordBytes) ?? 0;
    else if (type.kind === 'u64') fields[name] = value ?? 0n;
  }
  return fields;
}

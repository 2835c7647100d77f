import { u64 } from '../layout/field.js';
import { flagsOf, hex, pages, vaddr } from '../layout/unit.js';
import { VM_FLAGS } from '../model/vm-flags.js';

/** Members of MM that both families have, in their order. Source: spec/cr-stream.md 5.4, 8.8. */
export const MM_ADDRESS_ROWS = [
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

/** Members of VMA. */
export const VMA_AREA_ROWS = [
  ['vm_start', u64, vaddr, 'first byte'],
  ['vm_end', u64, vaddr, 'first byte after'],
  ['vm_page_prot', u64, hex, 'hardware protection bits'],
  ['vm_flags', u64, flagsOf(VM_FLAGS), 'VM_READ, VM_WRITE, ...'],
  ['vm_pgoff', u64, pages, 'offset in the backing file'],
] as const;

/** What every CPU record begins with. Source: spec/cr-stream.md 5.6, 8.7. */
export const GENERAL_REGISTER_ROWS = [
  ['r15', u64, hex, 'r8 to r15 on x86_32: 0, up to v13 arbitrary bytes'],
  ['r14', u64, hex, ''],
  ['r13', u64, hex, ''],
  ['r12', u64, hex, ''],
  ['bp', u64, hex, ''],
  ['bx', u64, hex, ''],
  ['r11', u64, hex, ''],
  ['r10', u64, hex, ''],
  ['r9', u64, hex, ''],
  ['r8', u64, hex, ''],
  ['ax', u64, hex, '0 of a task that took its own checkpoint'],
  ['cx', u64, hex, ''],
  ['dx', u64, hex, ''],
  ['si', u64, hex, ''],
  ['di', u64, hex, ''],
  ['orig_ax', u64, hex, 'system call number, -1 outside of one'],
  ['ip', u64, hex, ''],
] as const;

import type { RegisterName, Registers } from '../format/model/registers.js';

/** A thread outside a system call has no number; the kernel holds -1 there. */
const NO_SYSCALL = (1n << 64n) - 1n;
const IN_SYSCALL: readonly RegisterName[] = ['orig_ax', 'di', 'si', 'dx', 'r10', 'r8', 'r9', 'sp', 'ip'];
const OUTSIDE: readonly RegisterName[] = ['orig_ax', 'sp', 'ip'];

/**
 * The registers that /proc/PID/task/TID/syscall gives for a thread that is stopped; none while it is running.
 *
 * Source: spec/proc.md 6.
 */
export function parseSyscall(bytes: Uint8Array): Registers {
  const fields = Buffer.from(bytes).toString('latin1').trim().split(' ');
  const names = fields[0] === '-1' ? OUTSIDE : IN_SYSCALL;
  if (fields.length !== names.length) return {};
  const values = fields.map((field) => (field === '-1' ? NO_SYSCALL : BigInt(field)));
  return Object.fromEntries(names.map((name, i) => [name, values[i] ?? 0n]));
}

import type { MmAddresses } from '../format/model/image.js';

/** PF_KTHREAD in the flags of a task. Source: include/linux/sched.h. */
const KERNEL_THREAD = 0x0020_0000;

/** The fields of /proc/PID/stat that a capture needs. */
export interface Stat {
  readonly pid: number;
  /** One letter: R running, S sleeping, D uninterruptible, T stopped, t traced, Z zombie, X dead. */
  readonly state: string;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  readonly isKernelThread: boolean;
  /** Clock ticks since boot; together with the pid it names one process for ever. */
  readonly startTime: bigint;
  readonly exitSignal: number;
  /** As wait gives it; 0 of a process that lives, or that we may not trace. */
  readonly exitCode: number;
  /** False when the kernel hid the addresses, since we may not trace the process. */
  readonly hasAddresses: boolean;
  /** Without `brk`, which is not in /proc. */
  readonly addresses: Omit<MmAddresses, 'brk'>;
}

/**
 * Reads a line of /proc/PID/stat or /proc/PID/task/TID/stat.
 *
 * Source: spec/proc.md 7. The name may hold spaces and parentheses, so fields count from behind the last `)`.
 */
export function parseStat(bytes: Uint8Array): Stat {
  const text = Buffer.from(bytes).toString('latin1');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): string => fields[number - 3] ?? '0';
  const big = (number: number): bigint => BigInt(field(number));
  const addresses = {
    start_code: big(26),
    end_code: big(27),
    start_stack: big(28),
    start_data: big(45),
    end_data: big(46),
    start_brk: big(47),
    arg_start: big(48),
    arg_end: big(49),
    env_start: big(50),
    env_end: big(51),
  };
  return {
    pid: parseInt(text, 10),
    state: field(3),
    ppid: Number(field(4)),
    pgid: Number(field(5)),
    sid: Number(field(6)),
    isKernelThread: (Number(field(9)) & KERNEL_THREAD) !== 0,
    startTime: big(22),
    exitSignal: Number(field(38)),
    exitCode: Number(field(52)),
    hasAddresses: addresses.start_code !== 1n || addresses.end_code !== 1n,
    addresses,
  };
}

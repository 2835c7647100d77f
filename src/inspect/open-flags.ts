import { flagNames } from '../format/layout/unit.js';

const ACCESS_MODES = ['RDONLY', 'WRONLY', 'RDWR'] as const;
const ACCESS_MASK = 3;

/** The O_* bits of `f_flags` on x86, without the access mode. Source: include/asm-generic/fcntl.h. */
const OPEN_FLAGS = {
  CREAT: 0o100,
  EXCL: 0o200,
  NOCTTY: 0o400,
  TRUNC: 0o1000,
  APPEND: 0o2000,
  NONBLOCK: 0o4000,
  DSYNC: 0o10000,
  ASYNC: 0o20000,
  DIRECT: 0o40000,
  LARGEFILE: 0o100000,
  DIRECTORY: 0o200000,
  NOFOLLOW: 0o400000,
  NOATIME: 0o1000000,
  CLOEXEC: 0o2000000,
  PATH: 0o10000000,
} as const;

/** Access mode and flags by name: `['RDWR', 'APPEND']`. */
export function openFlagNames(flags: number): string[] {
  const mode = ACCESS_MODES[flags & ACCESS_MASK] ?? 'ACCMODE';
  return [mode, ...flagNames(OPEN_FLAGS, (flags & ~ACCESS_MASK) >>> 0)];
}

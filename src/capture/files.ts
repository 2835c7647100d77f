import * as fs from 'node:fs';
import { decodeText } from '../format/bytes/text.js';
import type { FileDescriptor, FileType } from '../format/model/image.js';
import { parseFdinfo } from './fdinfo.js';
import { isGone, listNumbers, procPath, readIfThere, targetFailure } from './proc-file.js';

/** FMODE_LSEEK, FMODE_PREAD and FMODE_PWRITE, which open gives to files that have positions. */
const FMODE_SEEKABLE = 0x1c;
const ACCESS_MODE = 3;

/** Files whose positions f_mode speaks of. */
const HAVE_POSITIONS: readonly FileType[] = ['regular', 'directory', 'symlink'];

/** Character devices of these majors are terminals: 4 and 5 consoles, 136 to 143 pseudo terminals. Source: Linux, devices.txt. */
const TTY_MAJORS: readonly number[] = [4, 5, 136, 137, 138, 139, 140, 141, 142, 143];
/** Minor numbers have 20 bits, 8 of them below the major. */
const MAJOR_SHIFT = 8;
const MAJOR_MASK = 0xfff;

type Recogniser = readonly [type: FileType, is: (stat: DescriptorStat, link: string) => boolean];

/** What is asked of `fs.Stats`. */
export type DescriptorStat = Pick<
  fs.Stats,
  'rdev' | 'isFile' | 'isDirectory' | 'isSocket' | 'isFIFO' | 'isCharacterDevice'
>;

/** In order: the first that says yes decides. */
const RECOGNISERS: readonly Recogniser[] = [
  ['regular', (stat) => stat.isFile()],
  ['directory', (stat) => stat.isDirectory()],
  ['pipe', (stat, link) => stat.isFIFO() && link.startsWith('pipe:[')],
  ['fifo', (stat) => stat.isFIFO()],
  ['socket', (stat) => stat.isSocket()],
  ['tty', (stat) => stat.isCharacterDevice() && TTY_MAJORS.includes((stat.rdev >>> MAJOR_SHIFT) & MAJOR_MASK)],
  ['epoll', (_, link) => link === 'anon_inode:[eventpoll]'],
  ['eventfd', (_, link) => link === 'anon_inode:[eventfd]'],
];

/** What a descriptor refers to. @param link  text of /proc/PID/fd/N */
export function typeOfFile(stat: DescriptorStat, link: string): FileType {
  return RECOGNISERS.find(([, is]) => is(stat, link))?.[0] ?? 'other';
}

/** f_mode as the kernel makes it of the flags of open: O_RDONLY, O_WRONLY, O_RDWR are 0, 1, 2; the bits are 1, 2, 3. */
export function modeOf(flags: number, type: FileType): number {
  return ((flags + 1) & ACCESS_MODE) | (HAVE_POSITIONS.includes(type) ? FMODE_SEEKABLE : 0);
}

function describeDescriptor(pid: number, fd: number): FileDescriptor | undefined {
  const link = procPath(pid, `fd/${String(fd)}`);
  const fdinfo = readIfThere(pid, `fdinfo/${String(fd)}`);
  if (!fdinfo) return undefined;
  const { pos, flags, isCloseOnExec } = parseFdinfo(fdinfo);
  const name = decodeText(fs.readlinkSync(link, { encoding: 'buffer' }));
  const type = typeOfFile(fs.statSync(link), name);
  return {
    fd,
    isCloseOnExec,
    file: { type, name, f_mode: modeOf(flags, type), f_flags: flags, f_pos: pos, f_version: 0n },
  };
}

/**
 * The open descriptors of a process, ascending. /proc does not tell which of them share one open file, so each has its own.
 *
 * @throws {CaptureError} `NO_PERMISSION`
 */
export function describeFiles(pid: number): FileDescriptor[] {
  return listNumbers(pid, 'fd').flatMap((fd) => {
    try {
      return describeDescriptor(pid, fd) ?? [];
    } catch (cause) {
      // closed since it was listed
      if (isGone(cause)) return [];
      throw targetFailure(pid, `reading fd/${String(fd)}`, cause);
    }
  });
}

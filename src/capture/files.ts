import * as fs from 'node:fs';
import { decodeText } from '../format/bytes/text.js';
import type { FileDescriptor, FileType, OpenFile } from '../format/model/image.js';
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

/** Open files that were described, by what tells them from others. */
export type OpenFiles = Map<string, OpenFile>;

/** Pipes and sockets are named by their inodes: the same end of one is one open file. Of most others nothing tells. */
function identityOf({ type, name, f_flags }: OpenFile, eventfdId: string | undefined): string | undefined {
  if (type === 'pipe' || type === 'socket') return `${name} ${String(f_flags)}`;
  return eventfdId === undefined ? undefined : `eventfd ${eventfdId} ${String(f_flags)}`;
}

function describeDescriptor(pid: number, fd: number, known: OpenFiles): FileDescriptor | undefined {
  const link = procPath(pid, `fd/${String(fd)}`);
  const fdinfo = readIfThere(pid, `fdinfo/${String(fd)}`);
  if (!fdinfo) return undefined;
  const { pos, flags, isCloseOnExec, eventfdId } = parseFdinfo(fdinfo);
  const name = decodeText(fs.readlinkSync(link, { encoding: 'buffer' }));
  const type = typeOfFile(fs.statSync(link), name);
  const file = { type, name, f_mode: modeOf(flags, type), f_flags: flags, f_pos: pos, f_version: 0n };
  const identity = identityOf(file, eventfdId);
  if (identity === undefined) return { fd, isCloseOnExec, file };
  const shared = known.get(identity) ?? file;
  known.set(identity, shared);
  return { fd, isCloseOnExec, file: shared };
}

/**
 * The open descriptors of a process, ascending. Those of the same pipe end, socket or eventfd share an open file, also
 * with other processes; of the others /proc does not tell which do, so each has its own, and so has each process its table.
 *
 * @param known open files of processes that were described before; more are added
 * @throws {CaptureError} `NO_PERMISSION`
 */
export function describeFiles(pid: number, known: OpenFiles = new Map()): FileDescriptor[] {
  return listNumbers(pid, 'fd').flatMap((fd) => {
    try {
      return describeDescriptor(pid, fd, known) ?? [];
    } catch (cause) {
      // closed since it was listed
      if (isGone(cause)) return [];
      throw targetFailure(pid, `reading fd/${String(fd)}`, cause);
    }
  });
}

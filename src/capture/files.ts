import * as fs from 'node:fs';
import { decodeText } from '../format/bytes/text.js';
import type { FileDescriptor, FileType } from '../format/model/image.js';
import { parseFdinfo } from './fdinfo.js';
import { isGone, listNumbers, procPath, readIfThere, targetFailure } from './proc-file.js';

/** FMODE_LSEEK, FMODE_PREAD and FMODE_PWRITE, which open gives to files that have positions. */
const FMODE_SEEKABLE = 0x1c;
const ACCESS_MODE = 3;

function typeOf(stat: fs.Stats): FileType {
  if (stat.isFile()) return 'regular';
  return stat.isDirectory() ? 'directory' : 'other';
}

/** f_mode as the kernel makes it of the flags of open: O_RDONLY, O_WRONLY, O_RDWR are 0, 1, 2; the bits are 1, 2, 3. */
export function modeOf(flags: number, type: FileType): number {
  return ((flags + 1) & ACCESS_MODE) | (type === 'other' ? 0 : FMODE_SEEKABLE);
}

function describeDescriptor(pid: number, fd: number): FileDescriptor | undefined {
  const link = procPath(pid, `fd/${String(fd)}`);
  const fdinfo = readIfThere(pid, `fdinfo/${String(fd)}`);
  if (!fdinfo) return undefined;
  const { pos, flags, isCloseOnExec } = parseFdinfo(fdinfo);
  const type = typeOf(fs.statSync(link));
  const name = decodeText(fs.readlinkSync(link, { encoding: 'buffer' }));
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

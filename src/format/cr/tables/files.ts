import { gap, s32, u16, u32, u64 } from '../../layout/field.js';
import { layout } from '../../layout/layout.js';
import { byteCount, count, enumOf, hex, id, opaque } from '../../layout/unit.js';
import type { FileType } from '../../model/image.js';

/** Types of open files. `other` is ours: kernels up to v10 refuse what is none of the rest, later ones symlinks too. */
export const FD_TYPES: { readonly other: 0 } & Readonly<Partial<Record<FileType, number>>> = {
  other: 0,
  regular: 1,
  directory: 2,
  symlink: 3,
};

/** The open files of a task; `nfds` FD_ENT records follow. Source: spec/cr-stream.md 5.4. */
export const FILES = layout('FILES', [
  ['objref', u32, id, '0: sharing is not known before v14'],
  ['nfds', u32, count, 'number of descriptors'],
]);

/** One descriptor; FD_DATA and FNAME follow when its objref is seen for the first time in the image. */
export const FD_ENT = layout('FD_ENT', [
  ['objref', u32, id, 'the open file, numbered from 1'],
  ['fd', s32, id, 'descriptor'],
  ['close_on_exec', u32, count, '0 or 1'],
  ['pad', gap, opaque, 'kept'],
]);

/** One open file. `other` is ours: v9 to v13 refuse pipes, sockets and devices. */
export const FD_DATA = layout('FD_DATA', [
  ['fd_type', u16, enumOf(FD_TYPES), 'what kind of inode; symlink up to v10'],
  ['f_mode', u16, hex, 'FMODE_* of the open file'],
  ['f_flags', u32, hex, 'O_* of the open file'],
  ['f_pos', u64, byteCount, 'position'],
  ['f_version', u64, count, 'inode version'],
]);

const FILE_TYPES = Object.keys(FD_TYPES) as FileType[];

/** What an fd_type says. */
export function fileTypeOf(fd_type: number): FileType {
  return FILE_TYPES.find((type) => FD_TYPES[type] === fd_type) ?? 'other';
}

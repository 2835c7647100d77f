import type { FileType, OpenFile } from '../../model/image.js';
import { F_TYPES } from '../tables/files.js';
import type { CkptRevision } from '../tables/revision.js';

/** O_DIRECTORY as x86 kernels number it. */
export const O_DIRECTORY = 0x1_0000;

type FTypeName = keyof typeof F_TYPES;

/** The `f_type` of files that are not known by their path. */
const SPECIAL: Readonly<Partial<Record<FileType, FTypeName>>> = {
  pipe: 'PIPE',
  fifo: 'FIFO',
  socket: 'SOCKET',
  tty: 'TTY',
  epoll: 'EPOLL',
  eventfd: 'EVENTFD',
};

/** The field that says which kernel object is behind a file. */
const OBJECT_FIELD: Readonly<Partial<Record<FTypeName, string>>> = {
  PIPE: 'pipe_objref',
  FIFO: 'pipe_objref',
  SOCKET: 'sock_objref',
  TTY: 'tty_objref',
};

/** Types that mean nothing without the object behind them. */
const NEEDS_OBJECT: ReadonlySet<FTypeName> = new Set(['SOCKET', 'TTY']);

/** The field of FILE that names the object behind a file of this type. */
export function objectFieldOf(type: FTypeName): string | undefined {
  return OBJECT_FIELD[type];
}

function isInRevision({ shapes, types }: CkptRevision, type: FTypeName): boolean {
  // an epoll file is a plain FILE, and what it watches an EPOLL_ITEMS record
  if (type === 'EPOLL') return types.EPOLL_ITEMS !== undefined;
  return shapes.FILE?.chosenBy?.layouts[F_TYPES[type]] !== undefined;
}

/**
 * As what a file is written: as itself where the revision knows its type and there is what the type needs, else as a
 * generic one.
 */
export function fTypeOf({ type, id, kernel }: OpenFile, revision: CkptRevision): FTypeName {
  const special = SPECIAL[type];
  if (!special || !isInRevision(revision, special)) return 'GENERIC';
  const field = OBJECT_FIELD[special];
  if (NEEDS_OBJECT.has(special)) return field && Number(kernel?.fields[field] ?? 0) > 0 ? special : 'GENERIC';
  // a captured epoll descriptor does not tell what it watches
  if (special === 'EPOLL') return kernel !== undefined || id !== undefined ? special : 'GENERIC';
  return special;
}

/** The type that reading a generic file gives. */
export function genericType(f_flags: number): FileType {
  return (f_flags & O_DIRECTORY) === 0 ? 'regular' : 'directory';
}

/** The name that reading gives a file which has none in the stream; `id` is the object behind it. */
export function nameWithoutPath(type: FTypeName, id: number, name: string): string {
  const names: Readonly<Partial<Record<FTypeName, string>>> = {
    PIPE: `pipe:[${String(id)}]`,
    SOCKET: `socket:[${String(id)}]`,
    TTY: `tty:[${String(id)}]`,
    EPOLL: 'anon_inode:[eventpoll]',
    EVENTFD: 'anon_inode:[eventfd]',
  };
  return names[type] ?? name;
}

/** Whether there is more to a file of this type than its path. */
export function isSpecial(type: FileType): boolean {
  return SPECIAL[type] !== undefined;
}

/** Whether a FILE_NAME stands behind a file of this type. */
export function hasPath({ type }: OpenFile): boolean {
  return type === 'fifo' || !isSpecial(type);
}

import { decodeCString } from '../../bytes/text.js';
import type { FileDescriptor, FileType, OpenFile, OpenFileState } from '../../model/image.js';
import { bigintIn, numberIn } from './fields.js';
import { F_TYPES } from '../tables/files.js';
import { furtherFields } from './kernel-items.js';
import type { FileParts, FileTableParts, StreamParts } from './parts.js';

/** O_DIRECTORY of x86. */
const O_DIRECTORY = 0x10000;

const TYPES: Readonly<Record<number, FileType>> = {
  [F_TYPES.IGNORE]: 'other',
  [F_TYPES.GENERIC]: 'regular',
  [F_TYPES.PIPE]: 'pipe',
  [F_TYPES.FIFO]: 'fifo',
  [F_TYPES.SOCKET]: 'socket',
  [F_TYPES.TTY]: 'tty',
  [F_TYPES.EPOLL]: 'epoll',
  [F_TYPES.EVENTFD]: 'eventfd',
};

/** What /proc/PID/fd would say of a file without a path. */
const LINK_TEXTS: Readonly<Partial<Record<FileType, (file: FileParts) => string>>> = {
  pipe: ({ fields }) => `pipe:[${String(numberIn(fields, 'pipe_objref'))}]`,
  socket: ({ fields }) => `socket:[${String(numberIn(fields, 'sock_objref'))}]`,
  tty: ({ fields }) => `tty:[${String(numberIn(fields, 'tty_objref'))}]`,
  epoll: () => 'anon_inode:[eventpoll]',
  eventfd: () => 'anon_inode:[eventfd]',
};

/** Fields of FILE that the model has a place of its own for. */
const SHOWN_FIELDS = new Set(['f_type', 'f_mode', 'f_flags', 'f_pos', 'f_version']);

function openFileOf(file: FileParts): OpenFile {
  const { fields, id } = file;
  const f_flags = numberIn(fields, 'f_flags');
  const kind = TYPES[numberIn(fields, 'f_type')] ?? 'other';
  const type = kind === 'regular' && (f_flags & O_DIRECTORY) !== 0 ? 'directory' : kind;
  return {
    type,
    name: file.name ? decodeCString(file.name) : (LINK_TEXTS[type]?.(file) ?? ''),
    f_mode: numberIn(fields, 'f_mode'),
    f_flags,
    f_pos: bigintIn(fields, 'f_pos'),
    f_version: bigintIn(fields, 'f_version'),
    id,
    kernel: stateOf(file),
  };
}

function stateOf({ before, fields, after }: FileParts): OpenFileState | undefined {
  const further = furtherFields(fields, SHOWN_FIELDS);
  const isEmpty = before.length === 0 && after.length === 0 && Object.keys(further).length === 0;
  return isEmpty ? undefined : { before, fields: further, after };
}

/** The open files and file tables of an image: what tasks share is the same object. */
export class FileModel {
  readonly #parts: StreamParts;
  readonly #files = new Map<number, OpenFile>();
  readonly #tables = new Map<FileTableParts, readonly FileDescriptor[]>();

  constructor(parts: StreamParts) {
    this.#parts = parts;
  }

  /** The open file of this number; undefined where there is none. */
  file(id: number): OpenFile | undefined {
    const made = this.#files.get(id);
    const parts = this.#parts.files.get(id);
    if (made || !parts) return made;
    const file = openFileOf(parts);
    this.#files.set(id, file);
    return file;
  }

  /** The path of a file that has one. */
  pathOf(id: number): string | undefined {
    return this.#parts.files.get(id)?.name && this.file(id)?.name;
  }

  table(id: number, own: FileTableParts | undefined): readonly FileDescriptor[] {
    const parts = this.#parts.fileTables.get(id) ?? own;
    if (!parts) return [];
    const made = this.#tables.get(parts) ?? this.#makeTable(parts);
    this.#tables.set(parts, made);
    return made;
  }

  #makeTable({ descriptors }: FileTableParts): readonly FileDescriptor[] {
    return descriptors.flatMap((fields) => {
      const file = this.file(numberIn(fields, 'fd_objref'));
      // behind damage a descriptor may have lost its file
      if (!file) return [];
      const isCloseOnExec = numberIn(fields, 'fd_close_on_exec') !== 0;
      return [{ fd: numberIn(fields, 'fd_descriptor'), isCloseOnExec, file }];
    });
  }
}

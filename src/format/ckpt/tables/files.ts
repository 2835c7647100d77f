import { gap, s32, u32, u64 } from '../../layout/field.js';
import { layout, type FieldRow, type Layout } from '../../layout/layout.js';
import { byteCount, count, enumOf, hex, id, opaque } from '../../layout/unit.js';
import { first } from './nested.js';
import { refersTo } from './objref.js';
import { NONE, type Shape } from './tail.js';

/** The open files of a task; `fdt_nfds` FILE_DESC records follow. Source: spec/cr-stream.md 8.11. */
export const FILE_TABLE = layout('FILE_TABLE', [
  ['fdt_nfds', s32, count, 'number of descriptors'],
  ['pad', gap, opaque, 'zero'],
]);

/** One descriptor; its FILE stands before it when it is the first. */
export const FILE_DESC = layout('FILE_DESC', [
  ['fd_objref', s32, refersTo('FILE', { strict: true }), 'the open file'],
  ['fd_descriptor', s32, id, 'descriptor'],
  ['fd_close_on_exec', u32, count, '0 or 1'],
  ['pad', gap, opaque, 'zero'],
]);

/** EPOLL and EVENTFD since the end of 2009. */
export const F_TYPES = {
  IGNORE: 0,
  GENERIC: 1,
  PIPE: 2,
  FIFO: 3,
  SOCKET: 4,
  TTY: 5,
  EPOLL: 6,
  EVENTFD: 7,
} as const;

const MODE = [
  ['f_type', u32, enumOf(F_TYPES), 'what it is, and with that what follows'],
  ['f_mode', u32, hex, 'FMODE_* of the open file'],
  ['f_flags', u32, hex, 'O_* of the open file'],
] as const;

const POSITION = [
  ['f_pos', u64, byteCount, 'position'],
  ['f_version', u64, count, 'inode version'],
] as const;

const V16_ROWS = [...MODE, ['pad', gap, opaque, 'zero'], ...POSITION] as const;
const V17_ROWS = [
  ...MODE,
  ['f_credref', s32, refersTo('CRED', { strict: false }), 'whose right it was to open it'],
  ...POSITION,
] as const;
const V19_ROWS = [
  ...V17_ROWS,
  ['f_secref', s32, refersTo('SECURITY', { strict: false }), 'security context'],
  ['pad', gap, opaque, 'zero'],
] as const;

const END = ['pad_end', gap, opaque, 'zero'] as const;

/** What files of some types have behind the common part. */
const OWN_ROWS = {
  PIPE: [['pipe_objref', first(s32), refersTo('INODE', { strict: false }), 'the pipe, by its inode'], END],
  FIFO: [['pipe_objref', first(s32), refersTo('INODE', { strict: false }), 'the pipe, by its inode'], END],
  SOCKET: [['sock_objref', first(s32), refersTo('SOCK', { strict: false }), 'the socket'], END],
  TTY: [['tty_objref', first(s32), refersTo('TTY', { strict: false }), 'the terminal'], END],
  EVENTFD: [['count', u64, count, 'its counter'], ['flags', u32, hex, 'EFD_*'], END],
} as const satisfies Record<string, readonly FieldRow[]>;

type OwnName = keyof typeof OWN_ROWS;

/** FILE with its common part, and of these types with a part of their own. */
function fileShape(rows: readonly FieldRow[], own: readonly OwnName[]): Shape {
  const common = layout('FILE', rows);
  const longer = own.map((name): [number, Layout] => [
    F_TYPES[name],
    layout(`FILE ${name}`, [...rows, ...OWN_ROWS[name]]),
  ]);
  return {
    layouts: [common],
    tail: NONE,
    chosenBy: { field: 'f_type', layouts: Object.fromEntries(longer) },
  };
}

/** One open file; FILE_NAME follows a generic one or a FIFO. Source: spec/cr-stream.md 8.11, 8.12. */
export const FILE_V16 = fileShape(V16_ROWS, ['PIPE', 'FIFO']);
export const FILE_V17 = fileShape(V17_ROWS, ['PIPE', 'FIFO']);
export const FILE_V18 = fileShape(V17_ROWS, ['PIPE', 'FIFO', 'SOCKET', 'TTY']);
/** Of the development of v19. */
export const FILE_V19_DEV = fileShape(V17_ROWS, ['PIPE', 'FIFO', 'SOCKET', 'TTY', 'EVENTFD']);
/** Since v19-rc1. */
export const FILE = fileShape(V19_ROWS, ['PIPE', 'FIFO', 'SOCKET', 'TTY', 'EVENTFD']);

/** What is in a pipe, in v16 and v17: the bytes follow without a header. */
export const FILE_PIPE = layout('FILE_PIPE', [
  ['pipe_len', s32, byteCount, 'bytes that follow, in no record'],
  ['pad', gap, opaque, 'zero'],
]);

/** What an epoll descriptor watches; a BUFFER of EPOLL_ITEM follows. */
export const EPOLL_ITEMS = layout('EPOLL_ITEMS', [
  ['epfile_objref', s32, refersTo('FILE', { strict: false }), 'the epoll descriptor'],
  ['num_items', u32, count, 'number of items'],
]);

export const EPOLL_ITEM = layout('items[]', [
  ['data', u64, hex, 'what epoll_wait gives back'],
  ['fd', u32, id, 'descriptor it was added by'],
  ['file_objref', s32, refersTo('FILE', { strict: false }), 'what is watched'],
  ['events', u32, hex, 'EPOLL*'],
  ['pad', gap, opaque, 'zero'],
]);

/** Since v23; before, FS is a header alone. FILE_NAMEs of the working directory and the root follow. */
export const FS_V23 = layout('FS', [
  ['umask', u32, hex, 'permission bits that new files do not get'],
  ['pad', gap, opaque, 'zero'],
]);

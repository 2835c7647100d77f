import type { ObjectName, RecordName } from '../tables/names.js';

/** A part of the stream that is a list of records and objects, whose order among each other is not prescribed. */
export interface FlatSection {
  readonly records: ReadonlySet<RecordName>;
  readonly objects: ReadonlySet<ObjectName>;
  /** The record that ends it; undefined where it ends before whatever is not one of these. */
  readonly end: RecordName | undefined;
}

const USERS = ['CRED', 'USER', 'USER_NS', 'GROUPINFO', 'SECURITY'] as const;
const SOCKETS = ['SOCKET', 'SOCKET_UNIX', 'SOCKET_INET', 'SOCKET_QUEUE', 'SOCKET_BUFFER', 'SOCKET_FRAG'] as const;
const TTYS = ['TTY', 'TTY_LDISC'] as const;
const IPCS = ['IPC', 'IPC_SHM', 'IPC_MSG', 'IPC_MSG_MSG', 'IPC_SEM'] as const;
const SPACES = ['NS', 'UTS_NS', 'IPC_NS', 'MNT_NS', 'NET_NS', 'NETDEV'] as const;
const USER_OBJECTS = [...USERS, 'SECURITY_PTR'] as const;

function section(
  end: RecordName | undefined,
  objects: readonly ObjectName[],
  records: readonly RecordName[],
): FlatSection {
  return { end, objects: new Set(objects), records: new Set(records) };
}

/** Source: spec/cr-stream.md 10, and 8.11 for what belongs to which. */
export const CREDS = section('TASK_CREDS', USER_OBJECTS, [...USERS, 'CAPABILITIES', 'STRING', 'BUFFER']);
export const NAMESPACES = section(
  'TASK_NS',
  [...SPACES, ...USER_OBJECTS],
  [...SPACES, ...IPCS, ...USERS, 'NETDEV_ADDR', 'STRING', 'BUFFER'],
);
/** Before FILE: whose it is, and what is behind it. */
export const FILE_PRELUDE = section(
  undefined,
  [...USER_OBJECTS, 'SOCK', 'TTY', 'FILE'],
  [...USERS, ...SOCKETS, ...TTYS, 'STRING', 'BUFFER'],
);
/** Behind the descriptors. */
export const DEFERRED = section(
  undefined,
  [...USER_OBJECTS, 'SOCK', 'TTY', 'FILE'],
  [...USERS, ...SOCKETS, ...TTYS, 'EPOLL_ITEMS', 'STRING', 'BUFFER'],
);
export const SEM_UNDO = section(undefined, ['SEM_UNDO'], ['TASK_SEM_UNDO_LIST', 'TASK_SEM_UNDO', 'BUFFER']);

/** The record that completes an object. */
export const OBJECT_OF: Readonly<Partial<Record<RecordName, ObjectName>>> = {
  CRED: 'CRED',
  USER: 'USER',
  USER_NS: 'USER_NS',
  GROUPINFO: 'GROUPINFO',
  NS: 'NS',
  UTS_NS: 'UTS_NS',
  IPC_NS: 'IPC_NS',
  MNT_NS: 'MNT_NS',
  NET_NS: 'NET_NS',
  NETDEV: 'NETDEV',
  SOCKET: 'SOCK',
  TTY: 'TTY',
  SECURITY: 'SECURITY',
  TASK_SEM_UNDO_LIST: 'SEM_UNDO',
};

/** Records that stand only for an object; the others may also come without an OBJREF, as in v16. */
export const NEEDS_OBJREF: ReadonlySet<RecordName> = new Set(['CRED', 'USER', 'USER_NS', 'GROUPINFO', 'SOCKET', 'TTY']);

import { VM_FLAGS } from '../../model/vm-flags.js';
import { CPU_V17 } from './cpu.js';
import { CRED, CRED_V17, GROUPINFO, GROUP_ID, TASK_CREDS, USER, USER_NS } from './creds.js';
import { derive, type CkptRevision } from './derive.js';
import { EPOLL_ITEMS, FILE, FILE_V17, FILE_V18, FILE_V19_DEV } from './files.js';
import { HEADER_V17, HEADER_V18 } from './header.js';
import { SOCKET_INET, SOCKET_INET_V18 } from './inet.js';
import { IPC_MSG, IPC_MSG_MSG_V19_RC1, IPC_SEM, IPC_SHM } from './ipc.js';
import { MM } from './mm.js';
import { NS_V17, UTS_NS } from './namespaces.js';
import { OBJECTS_V16, TYPES_V16, insert } from './numbers.js';
import { SECURITY } from './security.js';
import { SIGACTION, SIGINFO, SIGNAL, SIGNAL_LIMITS, SIGNAL_TASK, SIGNAL_TIMERS, SIGPENDING } from './signals.js';
import { SOCKET_BUFFER, SOCKET_BUFFER_V18, SOCKET_FRAG, SOCKET_QUEUE, SOCKET_UNIX_V18, SOCKET_V18 } from './sockets.js';
import { SHAPES_V16 } from './structs.js';
import { BYTES, NONE, elementsOf, only, struct } from './tail.js';
import { TASK_OBJS_V17, TASK_OBJS_V18, TASK_V17, TASK_V17_32 } from './task.js';
import { THREAD_V17 } from './thread.js';
import { PID_ENTRY } from './tree.js';
import { TTY_LDISC, TTY_V18 } from './tty.js';

const { PFNMAP, IO, RESERVED, NORESERVE, HUGETLB, NONLINEAR, MAPPED_COPY, INSERTPAGE, MIXEDMAP, SAO } = VM_FLAGS;

/** 2009-05-27. Source: spec/cr-stream.md 7 to 10. */
export const V16: CkptRevision = {
  name: 'v16',
  covers: 'v16',
  group: 'F1',
  headRevs: [1],
  types: TYPES_V16,
  objects: OBJECTS_V16,
  shapes: SHAPES_V16,
  // no kernel before December 2009 wrote x86_64: the number is that of the first that did
  archIds: { X86_32: 1, S390X: 2, PPC32: 3, PPC64: 4, X86_64: 5 },
  body: ['ns', 'files', 'mm', 'TASK_OBJS', 'THREAD', 'RESTART_BLOCK', 'CPU'],
  auxv: 'none',
  pids: PID_ENTRY,
  hasVpids: false,
  pidObjects: undefined,
  hasLsm: false,
  hasZombies: false,
  hasHeaderlessPipe: true,
  refusedVmFlags: PFNMAP | IO | RESERVED | NORESERVE | HUGETLB | NONLINEAR | MAPPED_COPY | INSERTPAGE | MIXEDMAP | SAO,
  guessed: 'numbers and layouts of the IPC records, and that namespaces come first in a task',
};

/** 2009-07-22: credentials, signal actions, constants in HEADER. */
export const V17 = derive(V16, {
  name: 'v17',
  covers: 'v17',
  group: 'F2',
  headRevs: [1, 2],
  types: {
    ...insert(V16.types, {
      111: ['CAPABILITIES', 'USER_NS', 'CRED', 'USER', 'GROUPINFO', 'TASK_CREDS'],
      601: ['SIGHAND'],
    }),
    CPU_FPU: 201,
    MM_CONTEXT_LDT: 202,
  },
  lacks: ['THREAD_TLS'],
  objects: insert(V16.objects, { 5: ['SIGHAND'], 9: ['USER_NS', 'CRED', 'USER', 'GROUPINFO'] }),
  shapes: {
    HEADER: struct(HEADER_V17),
    TASK: struct(TASK_V17, TASK_V17_32),
    TASK_OBJS: struct(TASK_OBJS_V17),
    THREAD: struct(THREAD_V17),
    CPU: struct(CPU_V17),
    NS: struct(NS_V17),
    UTS_NS: struct(UTS_NS),
    CAPABILITIES: only(BYTES),
    USER_NS: struct(USER_NS),
    CRED: struct(CRED_V17),
    USER: struct(USER),
    GROUPINFO: { layouts: [GROUPINFO], tail: elementsOf(GROUP_ID) },
    TASK_CREDS: struct(TASK_CREDS),
    FILE: FILE_V17,
    MM: struct(MM),
    SIGHAND: only(elementsOf(SIGACTION)),
  },
  body: ['creds', 'ns', 'files', 'mm', 'sighand', 'TASK_OBJS', 'THREAD', 'RESTART_BLOCK', 'CPU'],
  auxv: 'longs',
  hasZombies: true,
  guessed:
    'rev, THREAD, CPU, MM, VMA, credentials, pids and IPC are taken from v16 and v18, as is that pipe data has no record',
});

/** 2009-09-23: signals, sockets, terminals, and pipe data in a record. */
export const V18 = derive(V17, {
  name: 'v18',
  covers: 'v18',
  group: 'F3',
  headRevs: [2],
  types: insert(V17.types, {
    305: ['PIPE_BUF', 'TTY', 'TTY_LDISC'],
    602: ['SIGNAL', 'SIGNAL_TASK', 'SIGPENDING'],
    701: ['SOCKET', 'SOCKET_QUEUE', 'SOCKET_BUFFER', 'SOCKET_UNIX'],
  }),
  lacks: ['FILE_PIPE'],
  objects: insert(V17.objects, { 6: ['SIGNAL'], 14: ['SOCK', 'TTY'] }),
  shapes: {
    HEADER: struct(HEADER_V18),
    TASK_OBJS: struct(TASK_OBJS_V18),
    FILE: FILE_V18,
    PIPE_BUF: only(BYTES),
    TTY: struct(TTY_V18),
    TTY_LDISC: struct(TTY_LDISC),
    SIGNAL: struct(SIGNAL, SIGNAL_TIMERS, SIGNAL_LIMITS),
    SIGNAL_TASK: struct(SIGNAL_TASK),
    SIGPENDING: { layouts: [SIGPENDING], tail: elementsOf(SIGINFO) },
    SOCKET: struct(SOCKET_V18),
    SOCKET_QUEUE: struct(SOCKET_QUEUE),
    SOCKET_BUFFER: struct(SOCKET_BUFFER_V18),
    SOCKET_UNIX: struct(SOCKET_UNIX_V18),
  },
  body: ['creds', 'ns', 'files', 'mm', 'sighand', 'TASK_OBJS', 'signal', 'THREAD', 'RESTART_BLOCK', 'CPU', 'pending'],
  hasHeaderlessPipe: false,
  guessed: 'SIGNAL, IPC, credentials and terminals are those of ten days later',
});

/** 2009-10-03 to 2009-11-04: CONTAINER, epoll, eventfd. */
export const V19_DEV = derive(V18, {
  name: 'v19-dev',
  covers: 'v19 before rc1',
  group: 'G1',
  headRevs: [3],
  types: insert(V18.types, { 3: ['CONTAINER'], 308: ['EPOLL_ITEMS'], 705: ['SOCKET_INET'] }),
  shapes: {
    CONTAINER: only(NONE),
    FILE: FILE_V19_DEV,
    EPOLL_ITEMS: struct(EPOLL_ITEMS),
    SIGNAL: struct(SIGNAL),
    SOCKET_INET: struct(SOCKET_INET_V18),
  },
});

/** 2009-12: pieces of socket buffers, state of TCP, x86_64. */
const V19_RC1_DECEMBER = derive(V19_DEV, {
  name: 'v19-rc1',
  covers: 'v19-rc1 and rc2',
  group: 'G2',
  headRevs: [4],
  types: insert(V19_DEV.types, { 7: ['LSM_INFO', 'SECURITY'], 704: ['SOCKET_FRAG'] }),
  objects: insert(V19_DEV.objects, { 16: ['SECURITY_PTR', 'SECURITY'] }),
  shapes: {
    LSM_INFO: only(BYTES),
    SECURITY: { layouts: [SECURITY], tail: BYTES },
    CRED: struct(CRED),
    FILE,
    IPC_SHM: struct(IPC_SHM),
    IPC_MSG: struct(IPC_MSG),
    IPC_MSG_MSG: struct(IPC_MSG_MSG_V19_RC1),
    IPC_SEM: struct(IPC_SEM),
    SOCKET_BUFFER: struct(SOCKET_BUFFER, SOCKET_BUFFER_V18),
    SOCKET_FRAG: struct(SOCKET_FRAG),
    SOCKET_INET: struct(SOCKET_INET, SOCKET_INET_V18),
  },
  hasLsm: true,
});

/** 2009-11-11 to 2009-12-06: security contexts. The numbers are those of December. Source: spec/cr-stream.md 7.4, notes. */
export const V19_RC1: CkptRevision = {
  ...V19_RC1_DECEMBER,
  beforeFrag: derive(V19_RC1_DECEMBER, {
    lacks: ['SOCKET_FRAG'],
    types: { SOCKET_UNIX: 704, SOCKET_INET: 705 },
  }),
};

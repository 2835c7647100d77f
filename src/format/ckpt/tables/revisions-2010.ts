import { CPU } from './cpu.js';
import { derive, withSection } from './derive.js';
import { FS_V23 } from './files.js';
import { HEADER_V19, HEADER_V23 } from './header.js';
import { SOCKET_INET } from './inet.js';
import { IPC_MSG_MSG, IPC_SHM_V23, TASK_SEM_UNDO, TASK_SEM_UNDO_LIST } from './ipc.js';
import { HPAGE, VMA_HUGETLB } from './mm.js';
import { NETDEV, NETDEV_ADDRESS, NET_NS, NS } from './namespaces.js';
import { insert } from './numbers.js';
import { V19_RC1 } from './revisions-2009.js';
import { SIGINFO_V23, SIGPENDING } from './signals.js';
import { SOCKET_BUFFER, SOCKET_UNIX_V23, SOCKET_V23 } from './sockets.js';
import { BYTES, NONE, elementsOf, only, struct } from './tail.js';
import { TASK_OBJS_V19, TASK_OBJS_V23, TASK_V19, TASK_V23, TASK_V23_RC1 } from './task.js';
import { THREAD_V23 } from './thread.js';
import { PIDS, PID_ENTRY_DEPTH, PID_ENTRY_NESTED, PID_ENTRY_OBJECTS } from './tree.js';
import { TTY_V18, TTY_V23 } from './tty.js';

/** 2010-02-05: root and working directory, mount namespaces; no debug registers. Source: spec/cr-stream.md 7 to 10. */
export const V19_RC3 = derive(V19_RC1, {
  name: 'v19-rc3',
  covers: 'v19-rc3',
  group: 'G3',
  headRevs: [5],
  types: insert(V19_RC1.types, { 111: ['MNT_NS'], 451: ['FS'] }),
  objects: insert(V19_RC1.objects, { 5: ['FS'], 11: ['MNT_NS'] }),
  shapes: {
    TASK_OBJS: struct(TASK_OBJS_V19),
    CPU: struct(CPU),
    MNT_NS: only(BYTES),
    FS: only(NONE),
    IPC_MSG_MSG: struct(IPC_MSG_MSG),
    SOCKET_BUFFER: struct(SOCKET_BUFFER),
    SOCKET_INET: struct(SOCKET_INET),
  },
  archIds: { X86_32: 1, X86_64: 2, S390X: 3, PPC32: 4, PPC64: 5 },
  body: withSection(V19_RC1.body, 'mm', 'fs'),
});

/** 2010-02-22 to 2010-03-17: TASK alike on both word sizes, objects behind CPU. */
export const V19 = derive(V19_RC3, {
  name: 'v19',
  covers: 'v19-v20',
  group: 'H1',
  shapes: { HEADER: struct(HEADER_V19), TASK: struct(TASK_V19) },
  body: [
    'THREAD',
    'RESTART_BLOCK',
    'CPU',
    'creds',
    'ns',
    'files',
    'mm',
    'fs',
    'sighand',
    'TASK_OBJS',
    'signal',
    'pending',
  ],
  auxv: 'u64',
});

/** 2010-03-23 to 2010-03-30: the first form of nested pid namespaces. */
export const V20_PIDNS = derive(V19, {
  name: 'v20-pidns',
  covers: 'v20 with nested pid namespaces',
  group: 'H2',
  headRevs: [6],
  pids: PID_ENTRY_NESTED,
  guessed: 'the VPIDS record of this week and what follows it',
});

/** 2010-05-01: nested pid namespaces, networks. */
export const V21 = derive(V19, {
  name: 'v21',
  covers: 'v21-v22',
  group: 'H3',
  headRevs: [6],
  types: insert(V19.types, { 707: ['NET_NS', 'NETDEV', 'NETDEV_ADDR'] }),
  objects: insert(V19.objects, { 20: ['NET_NS', 'NETDEV'] }),
  shapes: {
    NS: struct(NS),
    NET_NS: struct(NET_NS),
    NETDEV: struct(NETDEV),
    NETDEV_ADDR: only(elementsOf(NETDEV_ADDRESS)),
  },
  archIds: { ...V19.archIds, ARM: 6 },
  pids: PID_ENTRY_DEPTH,
  hasVpids: true,
});

const GUESSED_V23 =
  'the TLS array at the end of THREAD, the place of semaphore undo lists, and which path of FS comes first';

/** 2011-01-05 to 2011-01-10: signal stack, semaphore undo, longer siginfo and termios. */
export const V23_RC1 = derive(V21, {
  name: 'v23-rc1',
  covers: 'v23-rc1',
  group: 'J1',
  types: insert(V21.types, { 506: ['TASK_SEM_UNDO_LIST', 'TASK_SEM_UNDO'] }),
  objects: insert(V21.objects, { 22: ['SEM_UNDO'] }),
  shapes: {
    HEADER: struct(HEADER_V23),
    TASK: struct(TASK_V23_RC1),
    TASK_OBJS: struct(TASK_OBJS_V23),
    THREAD: struct(THREAD_V23),
    TTY: struct(TTY_V23, TTY_V18),
    FS: struct(FS_V23),
    TASK_SEM_UNDO_LIST: struct(TASK_SEM_UNDO_LIST),
    TASK_SEM_UNDO: struct(TASK_SEM_UNDO),
    SIGPENDING: { layouts: [SIGPENDING], tail: elementsOf(SIGINFO_V23) },
    SOCKET: struct(SOCKET_V23),
    SOCKET_UNIX: struct(SOCKET_UNIX_V23),
  },
  archIds: { X86_32: 1, X86_64: 2, S390X: 3 },
  body: withSection(V21.body, 'fs', 'sem_undo'),
  guessed: GUESSED_V23,
});

/** 2011-01-25: pids are objects. */
export const V23_PIDS = derive(V23_RC1, {
  name: 'v23-pids',
  covers: 'v23-rc1 with pid objects',
  group: 'J2',
  types: insert(V23_RC1.types, { 101: ['PIDS'] }),
  objects: insert(V23_RC1.objects, { 1: ['PID'] }),
  shapes: { PIDS: struct(PIDS), TTY: struct(TTY_V23) },
  pids: PID_ENTRY_OBJECTS,
  hasVpids: false,
  pidObjects: { offsetOf: 'first-1' },
  guessed: `${GUESSED_V23}; vppid where the first pid is not object 1`,
});

/** 2011-04-16 to 2012-03: huge pages. */
export const V23 = derive(V23_PIDS, {
  name: 'v23',
  covers: 'v23-rc2 and later',
  group: 'J3',
  types: insert(V23_PIDS.types, { 404: ['HPAGE'] }),
  shapes: {
    TASK: struct(TASK_V23),
    VMA: struct(VMA_HUGETLB),
    HPAGE: struct(HPAGE),
    IPC_SHM: struct(IPC_SHM_V23),
  },
  archIds: { ...V23_PIDS.archIds, ARM: 4 },
  pidObjects: { offsetOf: 'first' },
  guessed: `${V23_PIDS.guessed ?? ''}; what follows HPAGE, which mappings have it, and whether they are refused`,
});

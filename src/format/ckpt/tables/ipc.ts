import { bytes, gap, s32, s64, u16, u32, u64 } from '../../layout/field.js';
import { layout } from '../../layout/layout.js';
import { byteCount, count, enumOf, hex, id, opaque, seconds } from '../../layout/unit.js';
import { first } from './nested.js';
import { refersTo } from './objref.js';

/** The record that an IPC record announces. Source: spec/cr-stream.md 8.12. */
export const IPC_TYPES = { IPC_SHM: 502, IPC_MSG: 503, IPC_SEM: 505 } as const;

/** How many objects of one type follow. */
export const IPC = layout('IPC', [
  ['ipc_type', u32, enumOf(IPC_TYPES), 'which record follows'],
  ['ipc_count', u32, count, 'how often'],
]);

/** Limits of an IPC namespace; three IPC records and their objects follow. */
export const IPC_NS = layout('IPC_NS', [
  ['shm_ctlmax', u64, byteCount, 'shmmax'],
  ['shm_ctlall', u64, count, 'shmall'],
  ['shm_ctlmni', s32, count, 'shmmni'],
  ['msg_ctlmax', s32, byteCount, 'msgmax'],
  ['msg_ctlmnb', s32, byteCount, 'msgmnb'],
  ['msg_ctlmni', s32, count, 'msgmni'],
  ['sem_ctl_msl', s32, count, 'semmsl'],
  ['sem_ctl_mns', s32, count, 'semmns'],
  ['sem_ctl_opm', s32, count, 'semopm'],
  ['sem_ctl_mni', s32, count, 'semmni'],
]);

const SEC_REF = ['sec_ref', s32, refersTo('SECURITY', { strict: false }), 'security context'] as const;

/** A record header inside the record, that is none. */
const PERMS_V18 = [
  ['perms_h', bytes(8, 8), opaque, 'zero'],
  ['id', s32, id, 'identifier'],
  ['key', u32, hex, 'IPC key'],
  ['uid', u32, id, 'owner'],
  ['gid', u32, id, ''],
  ['cuid', u32, id, 'creator'],
  ['cgid', u32, id, ''],
  ['mode', u32, hex, 'permissions'],
  ['pad', gap, opaque, 'zero'],
  ['seq', u64, count, 'sequence number'],
] as const;
const PERMS = [...PERMS_V18, SEC_REF, ['perms_pad', gap, opaque, 'zero']] as const;

const SEGMENT = [
  ['shm_segsz', first(u64), byteCount, 'size'],
  ['shm_atim', u64, seconds, 'last attach'],
  ['shm_dtim', u64, seconds, 'last detach'],
  ['shm_ctim', u64, seconds, 'last change'],
  ['shm_cprid', s32, id, 'creator'],
  ['shm_lprid', s32, id, 'last user'],
  ['mlock_uid', u32, id, 'who locked it'],
  ['flags', u32, hex, 'SHM_*'],
  ['objref', u32, refersTo('INODE', { strict: false }), 'its memory, by the inode'],
] as const;
const END = ['pad_end', gap, opaque, 'zero'] as const;

/** A shared memory segment; page chunks by index follow. Source: spec/cr-stream.md 8.11, 8.12. */
export const IPC_SHM_V18 = layout('IPC_SHM', [...PERMS_V18, ...SEGMENT, END]);
export const IPC_SHM = layout('IPC_SHM', [...PERMS, ...SEGMENT, END]);
/** Since v23-rc2. */
export const IPC_SHM_V23 = layout('IPC_SHM', [
  ...PERMS,
  ...SEGMENT,
  ['shift', u16, count, 'log2 of the huge page size; 0: none'],
  END,
]);

const QUEUE = [
  ['q_stime', first(u64), seconds, 'last msgsnd'],
  ['q_rtime', u64, seconds, 'last msgrcv'],
  ['q_ctime', u64, seconds, 'last change'],
  ['q_cbytes', u64, byteCount, 'in the queue'],
  ['q_qnum', u64, count, 'messages in the queue'],
  ['q_qbytes', u64, byteCount, 'most that fit'],
  ['q_lspid', s32, id, 'last sender'],
  ['q_lrpid', s32, id, 'last receiver'],
] as const;

/** A message queue; an IPC_MSG_MSG for each message follows. */
export const IPC_MSG_V18 = layout('IPC_MSG', [...PERMS_V18, ...QUEUE]);
export const IPC_MSG = layout('IPC_MSG', [...PERMS, ...QUEUE]);

const TEXT_SIZE = ['m_ts', u32, byteCount, 'length of the text'] as const;

/** A message; BUFFERs with its text follow. */
export const IPC_MSG_MSG_V18 = layout('IPC_MSG_MSG', [['m_type', s32, id, 'message type'], TEXT_SIZE]);
/** Of v19-rc1 and rc2. */
export const IPC_MSG_MSG_V19_RC1 = layout('IPC_MSG_MSG', [
  ['m_type', s32, id, 'message type'],
  TEXT_SIZE,
  SEC_REF,
  END,
]);
/** Since v19-rc3. */
export const IPC_MSG_MSG = layout('IPC_MSG_MSG', [['m_type', s64, id, 'message type'], TEXT_SIZE, SEC_REF]);

const SEMAPHORES = [
  ['sem_otime', first(u64), seconds, 'last semop'],
  ['sem_ctime', u64, seconds, 'last change'],
  ['sem_nsems', u32, count, 'semaphores; a BUFFER of 8 bytes each follows if not 0'],
  END,
] as const;

/** A semaphore set. */
export const IPC_SEM_V18 = layout('IPC_SEM', [...PERMS_V18, ...SEMAPHORES]);
export const IPC_SEM = layout('IPC_SEM', [...PERMS, ...SEMAPHORES]);

/** What a task has to undo when it ends; since v23-rc1. */
export const TASK_SEM_UNDO_LIST = layout('TASK_SEM_UNDO_LIST', [['count', u32, count, 'semaphore sets'], END]);

/** The same in one semaphore set. */
export const TASK_SEM_UNDO = layout('TASK_SEM_UNDO', [
  ['semid', u32, id, 'the semaphore set'],
  ['semadj_count', u32, count, 'semaphores in it'],
]);

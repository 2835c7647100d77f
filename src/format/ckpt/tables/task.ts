import { gap, s32, u32, u64 } from '../../layout/field.js';
import { layout } from '../../layout/layout.js';
import { byteCount, count, enumOf, flagsOf, hex, opaque, vaddr } from '../../layout/unit.js';
import { TASK_STATES } from '../../linux-cr/task.js';
import { refersTo } from './objref.js';

const EXIT = [
  ['state', u32, enumOf(TASK_STATES), 'what it did when it was frozen'],
  ['exit_state', u32, count, '16 for a zombie'],
  ['exit_code', u32, count, 'as wait(2) gives it'],
  ['exit_signal', u32, count, 'what the parent is sent; 17 SIGCHLD'],
] as const;

/** One task of v16; a STRING with its comm follows. Source: spec/cr-stream.md 8.5. */
export const TASK_V16 = layout('TASK', [
  ...EXIT,
  ['task_comm_len', u32, byteCount, 'length of the STRING that follows'],
  ['pad', gap, opaque, 'zero'],
]);

const DEATH_SIGNAL = [...EXIT, ['pdeath_signal', u32, count, 'sent to it when its parent ends']] as const;

const TIDS = [
  ['set_child_tid', u64, vaddr, 'where clone wrote the thread id'],
  ['clear_child_tid', u64, vaddr, 'cleared when the thread ends'],
] as const;

const FUTEX_SIZES = [
  ['compat_robust_futex_head_len', u32, byteCount, '0 if not set'],
  ['compat_robust_futex_list', u32, vaddr, 'robust list of a 32-bit task'],
  ['robust_futex_head_len', u32, byteCount, '0 if not set'],
] as const;

const FUTEX_LIST = ['robust_futex_list', u64, vaddr, 'robust list'] as const;

const V17_ROWS = [
  ...DEATH_SIGNAL,
  ['pad', gap, opaque, 'zero'],
  ...TIDS,
  ...FUTEX_SIZES,
  ['pad2', gap, opaque, 'zero'],
  FUTEX_LIST,
] as const;

/** Of v17 to v19-rc3 on x86_64: the one struct that the compiler lays out differently on x86_32. */
export const TASK_V17 = layout('TASK', V17_ROWS);
export const TASK_V17_32 = layout('TASK', V17_ROWS, { u64Align: 4 });

const V19_ROWS = [...DEATH_SIGNAL, ...FUTEX_SIZES, FUTEX_LIST, ...TIDS] as const;

/** Of v19 to v22. */
export const TASK_V19 = layout('TASK', V19_ROWS);

const ALTSTACK = [
  ['sas_ss_sp', u64, vaddr, 'signal stack'],
  ['sas_ss_size', u32, byteCount, '0: none'],
] as const;

/** Of v23-rc1. */
export const TASK_V23_RC1 = layout('TASK', [...V19_ROWS, ...ALTSTACK, ['pad', gap, opaque, 'zero']]);

/** What v23-rc2 keeps of the kernel's PF_* flags. */
export const TASK_FLAGS = { FORKNOEXEC: 0x1, SUPERPRIV: 0x2 } as const;

/** Since v23-rc2. */
export const TASK_V23 = layout('TASK', [
  ['flags', u32, flagsOf(TASK_FLAGS), 'FORKNOEXEC, SUPERPRIV'],
  ...DEATH_SIGNAL,
  ...TIDS,
  ...ALTSTACK,
  ...FUTEX_SIZES,
  FUTEX_LIST,
]);

const FILES_AND_MM = [
  ['files_objref', s32, refersTo('FILE_TABLE', { strict: true }), 'open files'],
  ['mm_objref', s32, refersTo('MM', { strict: true }), 'address space'],
] as const;
const FS_REF = ['fs_objref', s32, refersTo('FS', { strict: true }), 'root and working directory'] as const;
const SEM_UNDO_REF = ['sem_undo_objref', s32, refersTo('SEM_UNDO', { strict: true }), 'semaphore undo list'] as const;
const SIGHAND_REF = ['sighand_objref', s32, refersTo('SIGHAND', { strict: true }), 'signal actions'] as const;
// SIGNAL has no OBJREF and stands behind this record
const SIGNAL_REF = ['signal_objref', s32, refersTo('SIGNAL', { strict: false }), 'what its threads share'] as const;

/** What a task shares with others. Source: spec/cr-stream.md 8.11. */
export const TASK_OBJS_V16 = layout('TASK_OBJS', FILES_AND_MM);
export const TASK_OBJS_V17 = layout('TASK_OBJS', [...FILES_AND_MM, SIGHAND_REF, ['pad', gap, opaque, 'zero']]);
export const TASK_OBJS_V18 = layout('TASK_OBJS', [...FILES_AND_MM, SIGHAND_REF, SIGNAL_REF]);
/** Of v19-rc3 to v22. */
export const TASK_OBJS_V19 = layout('TASK_OBJS', [
  ...FILES_AND_MM,
  FS_REF,
  SIGHAND_REF,
  SIGNAL_REF,
  ['pad', gap, opaque, 'zero'],
]);
export const TASK_OBJS_V23 = layout('TASK_OBJS', [...FILES_AND_MM, FS_REF, SEM_UNDO_REF, SIGHAND_REF, SIGNAL_REF]);

/** What restarts an interrupted system call. */
export const RESTART_FUNCTIONS = {
  NONE: 1,
  HRTIMER_NANOSLEEP: 2,
  POSIX_CPU_NANOSLEEP: 3,
  COMPAT_NANOSLEEP: 4,
  COMPAT_CLOCK_NANOSLEEP: 5,
  POLL: 6,
  FUTEX: 7,
} as const;

/** The system call that the task is to continue. */
export const RESTART_BLOCK = layout('RESTART_BLOCK', [
  ['function_type', u64, enumOf(RESTART_FUNCTIONS), 'which call'],
  ['arg_0', u64, hex, 'arguments, as the call has them'],
  ['arg_1', u64, hex, ''],
  ['arg_2', u64, hex, ''],
  ['arg_3', u64, hex, ''],
  ['arg_4', u64, count, 'nanoseconds left at the checkpoint; 0: over'],
]);

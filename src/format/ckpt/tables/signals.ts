import { bytes, gap, s32, u32, u64 } from '../../layout/field.js';
import { layout } from '../../layout/layout.js';
import { count, hex, id, opaque, vaddr } from '../../layout/unit.js';
import { refersTo } from './objref.js';

/** Signals that a SIGHAND has actions of. */
export const NSIG = 64;
/** Bytes of a signal mask. */
export const SIGNAL_MASK_BYTES = 8;

const mask = bytes(SIGNAL_MASK_BYTES, 8);

/** What a task does on one signal; SIGHAND is 64 of them, signal 1 first. Source: spec/cr-stream.md 8.11, 8.12. */
export const SIGACTION = layout('actions[]', [
  ['_sa_handler', u64, vaddr, '0 SIG_DFL, 1 SIG_IGN'],
  ['sa_flags', u64, hex, 'SA_*'],
  ['sa_restorer', u64, vaddr, 'where the handler returns to'],
  ['sa_mask', mask, opaque, 'blocked in the handler'],
]);

/** Resource limits that a SIGNAL holds. */
export const RLIMITS = 16;
/** RLIM_INFINITY, as the image has it. */
export const RLIMIT_INFINITY = (1n << 64n) - 1n;

/** One resource limit, in `rlim` of SIGNAL. */
export const RLIMIT = layout('rlim[]', [
  ['rlim_cur', u64, count, 'soft limit'],
  ['rlim_max', u64, count, 'hard limit'],
]);

const LIMITS = [['rlim', bytes(RLIMITS * RLIMIT.size, 8), opaque, 'RLIMIT_CPU and on: soft and hard limit']] as const;

const TIMERS = [
  ...LIMITS,
  ['it_real_value', u64, count, 'ITIMER_REAL: nanoseconds left'],
  ['it_real_incr', u64, count, 'and its interval'],
  ['it_virt_value', u64, count, 'ITIMER_VIRTUAL'],
  ['it_virt_incr', u64, count, ''],
  ['it_prof_value', u64, count, 'ITIMER_PROF'],
  ['it_prof_incr', u64, count, ''],
] as const;

/** What the threads of a process share. */
export const SIGNAL = layout('SIGNAL', [
  ...TIMERS,
  ['tty_objref', s32, refersTo('TTY', { strict: false }), 'controlling terminal; 0: none'],
  ['tty_pgrp', s32, id, 'foreground process group'],
  ['tty_old_pgrp', s32, id, 'the one before'],
  ['pad', gap, opaque, 'zero'],
]);

/** What v18 may have without the last patches of its series. */
export const SIGNAL_TIMERS = layout('SIGNAL', TIMERS);
export const SIGNAL_LIMITS = layout('SIGNAL', LIMITS);

/** Signals that one thread blocks. */
export const SIGNAL_TASK = layout('SIGNAL_TASK', [['blocked', mask, opaque, 'signal mask']]);

/** A signal queue, of a process or of a thread; a siginfo for each follows. */
export const SIGPENDING = layout('SIGPENDING', [
  ['nr_pending', u32, count, 'queued signals'],
  ['pad', gap, opaque, 'zero'],
  ['signal', mask, opaque, 'which signals are pending'],
]);

// the structs of both forms differ in what they call unsigned; the bytes are the same
const SIGNO = [
  ['signo', u32, id, 'signal'],
  ['errno', s32, id, ''],
  ['code', s32, id, 'SI_*'],
  ['pid', u32, id, 'sender'],
  ['uid', u32, id, ''],
] as const;
const INT = ['int', s32, id, 'sigval as a number'] as const;
const VALUE = [
  ['ptr', u64, hex, 'sigval as a pointer'],
  ['utime', u64, count, 'of a child that ended'],
  ['stime', u64, count, ''],
] as const;

/** One queued signal, up to v22. */
export const SIGINFO = layout('siginfo[]', [...SIGNO, INT, ...VALUE]);

/** Since v23-rc1. */
export const SIGINFO_V23 = layout('siginfo[]', [
  ...SIGNO,
  ['fd', s32, id, 'of SIGPOLL'],
  ['tid', u32, id, 'timer'],
  ['band', u32, hex, 'of SIGPOLL'],
  ['overrun', u32, count, 'of a timer'],
  ['trapno', u32, id, ''],
  ['status', s32, id, 'exit code of a child'],
  INT,
  ...VALUE,
  ['addr', u64, vaddr, 'faulting address'],
  ['sys_private', s32, id, ''],
  ['pad', gap, opaque, 'zero'],
]);

import { gap, u16, u64 } from '../../layout/field.js';
import { layout } from '../../layout/layout.js';
import { byteCount, count, flagsOf, hex, id, opaque, seconds } from '../../layout/unit.js';
import { UFLAGS } from '../../linux-cr/uflags.js';
import { first } from './nested.js';

const FACTS = [
  ['magic', u64, hex, 'CHECKPOINT_MAGIC_HEAD'],
  ['arch_id', u16, id, 'architecture, numbered as the revision does'],
  ['major', u16, count, 'kernel version, as in 2.6.33'],
  ['minor', u16, count, ''],
  ['patch', u16, count, ''],
  ['rev', u16, count, 'stream revision'],
] as const;

const TAKEN = [
  ['time', u64, seconds, 'when the image was taken, since the epoch'],
  ['uflags', u64, flagsOf(UFLAGS), 'what the caller asked for'],
] as const;

/** First record in v16. Source: spec/cr-stream.md 8.1. */
export const HEADER_V16 = layout('HEADER', [
  ...FACTS,
  ['uts_release_len', u16, byteCount, 'length of the first BUFFER that follows: 65'],
  ['uts_version_len', u16, byteCount, 'of the second'],
  ['uts_machine_len', u16, byteCount, 'of the third'],
  ...TAKEN,
]);

const COMM_LEN = ['task_comm_len', first(u16), byteCount, 'TASK_COMM_LEN: 16'] as const;
const AUXV_LEN = ['mm_saved_auxv_len', u16, byteCount, 'of the auxiliary vector: 352 on x86_64, 168 or 176'] as const;
const AUXV_SIZE = ['at_vector_size', u16, count, 'words in the auxiliary vector: 42 or 44'] as const;

const NAME_LENGTHS = [
  ['signal_nsig', u16, count, '_NSIG: 64'],
  ['uts_sysname_len', u16, byteCount, '65, as all six'],
  ['uts_nodename_len', u16, byteCount, ''],
  ['uts_release_len', u16, byteCount, ''],
  ['uts_version_len', u16, byteCount, ''],
  ['uts_machine_len', u16, byteCount, ''],
  ['uts_domainname_len', u16, byteCount, ''],
] as const;

const LIMITS = [
  ['rlimit_nlimits', u16, count, 'RLIM_NLIMITS: 16'],
  ['n_tty_buf_size', u16, byteCount, '4096'],
] as const;

const NCC = ['tty_termios_ncc', u16, count, 'control characters in termios: 8'] as const;
const NCCS = ['tty_termios_nccs', u16, count, 'control characters in termios: 19'] as const;

const ABOUT = [...FACTS, ['pad', gap, opaque, 'zero']] as const;

/** First record since v17, with constants of the kernel that its reader must share. */
export const HEADER_V17 = layout('HEADER', [
  ...ABOUT,
  COMM_LEN,
  AUXV_LEN,
  ...NAME_LENGTHS,
  ['pad2', gap, opaque, 'zero'],
  ...TAKEN,
]);

/** Of v18 to v19-rc3. */
export const HEADER_V18 = layout('HEADER', [...ABOUT, COMM_LEN, AUXV_LEN, ...NAME_LENGTHS, ...LIMITS, NCC, ...TAKEN]);

/** Of v19 to v22: the auxiliary vector is counted in words. */
export const HEADER_V19 = layout('HEADER', [...ABOUT, COMM_LEN, AUXV_SIZE, ...NAME_LENGTHS, ...LIMITS, NCC, ...TAKEN]);

/** Since v23-rc1 (2011-01-10). */
export const HEADER_V23 = layout('HEADER', [...ABOUT, COMM_LEN, AUXV_SIZE, ...NAME_LENGTHS, ...LIMITS, NCCS, ...TAKEN]);

/** What FPU state the CPU has, on x86. Source: spec/cr-stream.md 8.2. */
export const HEADER_ARCH = layout('HEADER_ARCH', [
  ['has_fxsr', u16, count, '1 if the CPU has FXSAVE'],
  ['has_xsave', u16, count, '1 if the CPU has XSAVE'],
  ['xstate_size', u16, byteCount, 'size of CPU_FPU payloads'],
  ['pad', gap, opaque, 'zero'],
]);

/** Last record; nothing behind it is looked at by the kernel. */
export const TAIL = layout('TAIL', [['magic', u64, hex, 'CHECKPOINT_MAGIC_TAIL']]);

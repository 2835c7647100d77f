import { bytes, gap, u16, u64 } from '../../layout/field.js';
import { layout } from '../../layout/layout.js';
import { byteCount, count, flagsOf, hex, opaque, seconds, text } from '../../layout/unit.js';

/** The one flag that a written image carries; the kernel refuses any other. */
export const HEAD_FLAGS = { CKPT: 0x1n } as const;

/** Bytes of each uts string: the kernel's 65 without the last. */
export const UTS_BYTES = 64;

const FACTS = [
  ['magic', u64, hex, 'CHECKPOINT_MAGIC_HEAD'],
  ['major', u16, count, 'kernel version, as in 2.6.28'],
  ['minor', u16, count, ''],
  ['patch', u16, count, ''],
  ['rev', u16, count, 'stream revision: 1 without open files, 2 with, 3 with several tasks'],
  ['time', u64, seconds, 'when the image was taken, since the epoch'],
  ['flags', u64, flagsOf(HEAD_FLAGS), 'CKPT in every written image'],
] as const;

/** First record. Source: spec/cr-stream.md 5.4. */
export const HEAD = layout('HEAD', [
  ...FACTS,
  ['release', bytes(UTS_BYTES), text, 'uts release, cut at 64'],
  ['version', bytes(UTS_BYTES), text, 'uts version, cut at 64'],
  ['machine', bytes(UTS_BYTES), text, 'uts machine, cut at 64'],
]);

/** Of v1, a guess: the uts strings came with v2. Source: spec/cr-stream.md 1.1. */
export const HEAD_V1 = layout('HEAD_V1', FACTS);

/** What FPU state the CPU has. Source: spec/cr-stream.md 5.4. */
export const HEAD_ARCH = layout('HEAD_ARCH', [
  ['has_fxsr', u16, count, '1 if the CPU has FXSAVE'],
  ['has_xsave', u16, count, '1 if the CPU has XSAVE'],
  ['xstate_size', u16, byteCount, 'size of the FPU state behind each CPU record'],
  ['pad', gap, opaque, 'never initialised; kept'],
]);

/** Last record; nothing behind it is looked at by the kernel. */
export const TAIL = layout('TAIL', [['magic', u64, hex, 'CHECKPOINT_MAGIC_TAIL']]);

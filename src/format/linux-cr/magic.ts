/** CHECKPOINT_MAGIC_HEAD, in both families behind the first record header. Source: spec/cr-stream.md 3.1. */
export const HEAD_MAGIC = 0x00fe_ed0c_c0a2_d200n;

/** CHECKPOINT_MAGIC_TAIL. */
export const TAIL_MAGIC = 0x002d_2a0c_c0de_ef00n;

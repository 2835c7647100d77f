import { u32 } from '../../layout/field.js';
import { layout } from '../../layout/layout.js';
import { byteCount, id } from '../../layout/unit.js';

/** The header before every record; layouts describe what follows it. Source: spec/cr-stream.md 7.1. */
export const CKPT_HDR = layout('ckpt_hdr', [
  ['type', u32, id, 'which record it is'],
  ['len', u32, byteCount, 'bytes of the record, with these 8; not rounded'],
]);

/** Longest LSM_INFO record that the reader takes, header included. Source: spec/cr-stream.md 8.3. */
export const LSM_INFO_MAX_BYTES = 200;

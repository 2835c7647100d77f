import { s16, u32 } from '../../layout/field.js';
import { layout } from '../../layout/layout.js';
import { byteCount, id } from '../../layout/unit.js';

/** The header before every record. `len` is signed, so no payload is longer than 32767 bytes. Source: spec/cr-stream.md 5.1. */
export const CR_HDR = layout('cr_hdr', [
  ['type', s16, id, 'which record follows'],
  ['len', s16, byteCount, 'payload bytes that follow; without these 8'],
  ['parent', u32, id, 'the object or pid the record belongs to'],
]);

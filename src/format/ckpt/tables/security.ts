import { gap, s32, u8 } from '../../layout/field.js';
import { layout } from '../../layout/layout.js';
import { id, opaque } from '../../layout/unit.js';
import { refersTo } from './objref.js';

/** A security context; its text follows, in this record or in a STRING. Source: spec/cr-stream.md 8.12. */
export const SECURITY = layout('SECURITY', [
  ['ptrref', s32, refersTo('SECURITY_PTR', { strict: false }), "the kernel's context"],
  ['sectype', u8, id, 'what has it: a file, a message, a task'],
  ['pad', gap, opaque, 'zero'],
]);

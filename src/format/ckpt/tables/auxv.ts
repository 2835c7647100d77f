import { u32, u64 } from '../../layout/field.js';
import { layout, type Layout } from '../../layout/layout.js';
import { hex } from '../../layout/unit.js';
import type { CkptRevision } from './derive.js';

const WORD = 'type or value, in turn';

/** A word of the auxiliary vector behind MM. Source: spec/cr-stream.md 8.8. */
const AUXV_64 = layout('auxv[]', [['word', u64, hex, WORD]]);
const AUXV_32 = layout('auxv[]', [['word', u32, hex, WORD]], { aligned: 4 });

/** What the words of the vector are in a revision: of the task up to v19-rc3, then always 64 bits. */
export function auxvLayout({ auxv }: CkptRevision, wordBytes: 4 | 8): Layout {
  return auxv === 'longs' && wordBytes === 4 ? AUXV_32 : AUXV_64;
}

import type { Layout, LayoutTo, RecordOf } from '../../layout/layout.js';
import { FD_DATA, FD_ENT, FILES } from './files.js';
import { HEAD, HEAD_ARCH, TAIL } from './head.js';
import { MM, MM_CONTEXT } from './mm.js';
import { PGARR } from './pgarr.js';
import { TASK, TREE } from './task.js';
import { CPU, THREAD, type CPU_FXSAVE } from './thread.js';
import { VMA, type VMA_COUNTED, type VMA_V1 } from './vma.js';

/** Records that are structs, with the layout they have where a revision says no other. */
export const STRUCTS = {
  HEAD,
  HEAD_ARCH,
  TREE,
  TASK,
  MM,
  VMA,
  PGARR,
  MM_CONTEXT,
  FILES,
  FD_ENT,
  FD_DATA,
  THREAD,
  CPU,
  TAIL,
} as const satisfies Record<string, Layout>;

export type StructName = keyof typeof STRUCTS;

/** Fields that a record has in some revisions only. */
interface FieldsOfSome {
  readonly HEAD: Pick<RecordOf<typeof HEAD>, 'release' | 'version' | 'machine'>;
  readonly VMA: Pick<RecordOf<typeof VMA_COUNTED>, 'nr_pages'> & Pick<RecordOf<typeof VMA_V1>, 'npages' | 'namelen'>;
  readonly CPU: Pick<RecordOf<typeof CPU_FXSAVE>, 'has_fxsr' | 'fpu'>;
}

type SomeOf<N> = N extends keyof FieldsOfSome ? FieldsOfSome[N] : object;

/** A record as any revision has it. Padding is there too, but has no say. */
export type StructRecord<N extends StructName> = Omit<RecordOf<(typeof STRUCTS)[N]>, 'pad' | keyof SomeOf<N>> &
  Partial<SomeOf<N>>;

/** A layout that a revision may have for the record `N`. */
export type LayoutOf<N extends StructName> = LayoutTo<StructRecord<N>>;

/** Records whose payload is bytes of any length. */
export type TextName = 'BUFFER' | 'STRING' | 'FNAME';
export type RecordName = StructName | TextName;

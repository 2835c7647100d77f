import type { Layout } from '../../layout/layout.js';
import type { FileType } from '../../model/image.js';
import { VM_FLAGS } from '../../model/vm-flags.js';
import { HEAD, HEAD_V1 } from './head.js';
import { MM_CONTEXT_V1, MM_V1, MM_V1_32 } from './mm.js';
import { STRUCTS, type LayoutOf, type RecordName, type StructName } from './structs.js';
import { CPU_FXSAVE, CPU_XSAVE } from './thread.js';
import { VMA_COUNTED, VMA_V1, VMA_V1_32 } from './vma.js';

type Layouts = { readonly [N in StructName]?: readonly LayoutOf<N>[] };

/** What one revision of the stream is: numbers, layouts, order, and what its kernels refuse. */
export interface CrRevision {
  /** As `--to` takes it. */
  readonly name: string;
  /** Revisions of the same bytes. */
  readonly covers: string;
  /** Group in the specification. */
  readonly group: string;
  /** What `rev` of the HEAD record may be; the first is written. */
  readonly headRevs: readonly [number, ...number[]];
  /** Type number of each record; a record without a number does not exist in the revision. */
  readonly types: Readonly<Partial<Record<RecordName, number>>>;
  /**
   * Layouts of the records that have others than those in `STRUCTS`; the length of a record tells which. None where
   * nothing is known.
   */
  readonly layouts: Layouts;
  /** Records that are kept as bytes when no layout has their length. */
  readonly opaque: readonly StructName[];
  /** Whether the name of a task is a record of its own or the last bytes of TASK. */
  readonly comm: 'STRING' | 'inline';
  /** When the TLS array stands behind THREAD. */
  readonly tls: 'if set' | 'always';
  /** Whether `parent` names what the record belongs to, or is one pid in every record. */
  readonly parents: 'owner' | 'pid';
  /** Whether structs are the same on x86_32 and x86_64, or as the compiler aligns them. */
  readonly alignment: 'fixed' | 'native';
  /** Whether TAIL ends the stream. */
  readonly tail: 'always' | 'may be missing';
  /** Open files of other types are refused by its kernels. */
  readonly fileTypes: readonly FileType[];
  /** Mappings with any of these bits are refused by its kernels. */
  readonly refusedVmFlags: bigint;
  /** What of it no source confirms. */
  readonly guessed?: string;
}

type Change = Omit<Partial<CrRevision>, 'types' | 'layouts'> & {
  readonly types?: CrRevision['types'];
  readonly layouts?: Layouts;
  /** Records that the base has and the derived revision has not. */
  readonly lacks?: readonly RecordName[];
};

/** A revision told by what differs from another. */
export function derive(base: CrRevision, { lacks = [], ...change }: Change): CrRevision {
  const types = Object.fromEntries(
    Object.entries({ ...base.types, ...change.types }).filter(([name]) => !lacks.some((lacking) => lacking === name)),
  );
  return { ...base, ...change, types, layouts: { ...base.layouts, ...change.layouts } };
}

const { SHARED, IO, HUGETLB, NONLINEAR, MAYSHARE } = VM_FLAGS;

/** 2008-11-10. Source: spec/cr-stream.md 5.2, 5.9. */
export const V9: CrRevision = {
  name: 'v9',
  covers: 'v9',
  group: 'D1',
  headRevs: [3],
  types: {
    HEAD: 1,
    HEAD_ARCH: 2,
    STRING: 3,
    FNAME: 4,
    TREE: 101,
    TASK: 102,
    THREAD: 103,
    CPU: 104,
    MM: 201,
    VMA: 202,
    PGARR: 203,
    MM_CONTEXT: 204,
    FILES: 301,
    FD_ENT: 302,
    FD_DATA: 303,
    TAIL: 5001,
  },
  layouts: {},
  opaque: [],
  comm: 'STRING',
  tls: 'if set',
  parents: 'owner',
  alignment: 'fixed',
  tail: 'always',
  fileTypes: ['regular', 'directory', 'symlink'],
  refusedVmFlags: SHARED | IO | HUGETLB | NONLINEAR,
};

/** 2008-11-26 to 2009-01-27: BUFFER came in between, FNAME and STRING moved up. */
export const V11: CrRevision = derive(V9, {
  name: 'v11',
  covers: 'v10-v13',
  group: 'D2',
  types: { BUFFER: 3, STRING: 4, FNAME: 5 },
  fileTypes: ['regular', 'directory'],
  refusedVmFlags: V9.refusedVmFlags | MAYSHARE,
});

/** The same bytes; its kernels took symlinks and read-only shared mappings. Source: spec/cr-stream.md 1.1, 5.9. */
export const V10: CrRevision = derive(V11, {
  name: 'v10',
  fileTypes: V9.fileTypes,
  refusedVmFlags: V9.refusedVmFlags,
});

/** 2008-09-11 to 2008-10-30: one task, and its FPU state inside the CPU record. Source: spec/cr-stream.md 5. */
export const V8: CrRevision = derive(V9, {
  name: 'v8',
  covers: 'v5-v8',
  group: 'C',
  headRevs: [2],
  types: { STRING: 2, FNAME: 3, TASK: 101, THREAD: 102, CPU: 103 },
  lacks: ['HEAD_ARCH', 'TREE'],
  layouts: { CPU: [CPU_FXSAVE, CPU_XSAVE] },
  opaque: ['CPU'],
  tls: 'always',
});

/** 2008-08-29 to 2008-09-09: all pages of a mapping in one list, without PGARR. Source: spec/cr-stream.md 4.2. */
export const V4: CrRevision = derive(V8, {
  name: 'v4',
  covers: 'v3-v4',
  group: 'B',
  headRevs: [2, 1],
  types: { MM_CONTEXT: 203 },
  lacks: ['PGARR'],
  layouts: { VMA: [VMA_COUNTED] },
  guessed: 'numbers, MM, VMA, files and registers are those of v6, but for the page count in VMA',
});

/** 2008-08-20: comm stands at the end of TASK. Source: spec/cr-stream.md 4.2. */
export const V2: CrRevision = derive(V4, {
  name: 'v2',
  covers: 'v2',
  layouts: { TASK: [] },
  opaque: ['TASK', 'CPU'],
  comm: 'inline',
  guessed: `${V4.guessed ?? ''}; of TASK only comm is known`,
});

/** 2008-07-29: no open files, no padding, and the pid in every record. Source: spec/cr-stream.md 4.1. */
export const V1: CrRevision = derive(V2, {
  name: 'v1',
  covers: 'v1',
  group: 'A',
  headRevs: [1, 0, 2],
  lacks: ['FNAME', 'FILES', 'FD_ENT', 'FD_DATA'],
  layouts: {
    HEAD: [HEAD_V1, HEAD],
    MM: [MM_V1, MM_V1_32],
    VMA: [VMA_V1, VMA_V1_32],
    MM_CONTEXT: [MM_CONTEXT_V1],
  },
  opaque: ['TASK', 'THREAD', 'CPU'],
  parents: 'pid',
  tail: 'may be missing',
  alignment: 'native',
  guessed: 'numbers, HEAD, TASK, THREAD and CPU are not known; only the memory part is',
});

/** Kernels with only the first patches of a series: one task and no TREE, its numbers not yet moved up. */
function withoutTree(base: CrRevision): CrRevision {
  return derive(base, {
    name: `${base.name}-files`,
    covers: `${base.covers} without the last patches`,
    headRevs: [2],
    types: { TASK: 101, THREAD: 102, CPU: 103 },
    lacks: ['TREE'],
  });
}

/** The same without the patches for open files. */
function withoutFiles(base: CrRevision): CrRevision {
  const covers = base.covers.replace(/( without.*)?$/, ' without the last patches');
  const name = `${base.name.replace('-files', '')}-memory`;
  return derive(base, { name, covers, headRevs: [1], lacks: ['FILES', 'FD_ENT', 'FD_DATA'] });
}

function withEarlyBuilds(full: CrRevision): CrRevision[] {
  const middle = withoutTree(full);
  return [full, middle, withoutFiles(middle)];
}

/** Every revision that can be read, oldest first. */
export const REVISIONS: readonly CrRevision[] = [
  V1,
  ...[V2, V4, V8].flatMap((full) => [full, withoutFiles(full)]),
  ...[V9, V11].flatMap(withEarlyBuilds),
];

/** What `--to` takes, and which bytes that means. */
export const WRITABLE: Readonly<Record<string, CrRevision>> = {
  v6: V8,
  v7: V8,
  v8: V8,
  v9: V9,
  v10: V10,
  v11: V11,
  v12: V11,
  v13: V11,
};

/** The layout that a record of this payload length has in a revision, if there is one. */
export function layoutOf(revision: CrRevision, name: StructName, len: number): Layout | undefined {
  const own: readonly Layout[] | undefined = revision.layouts[name];
  if (own) return own.find(({ size }) => size === len);
  return STRUCTS[name].size === len ? STRUCTS[name] : undefined;
}

/** The layout to write a record with: the first whose byte fields have the lengths of those in `fields`. */
export function layoutToWrite(revision: CrRevision, name: StructName, fields: object): Layout {
  const own: readonly Layout[] | undefined = revision.layouts[name];
  if (!own) return STRUCTS[name];
  const values = new Map<string, unknown>(Object.entries(fields));
  const fits = (layout: Layout): boolean =>
    layout.fields.every((field) => {
      const value = values.get(field.name);
      return !(value instanceof Uint8Array) || value.length === field.size;
    });
  return own.find(fits) ?? own[0] ?? STRUCTS[name];
}

/** Lengths of FPU state that fit into a CPU record; undefined where the state stands behind it. */
export function fpuLengths(revision: CrRevision): readonly number[] | undefined {
  const layouts: readonly Layout[] = revision.layouts.CPU ?? [STRUCTS.CPU];
  const lengths = layouts.flatMap(({ fields }) => fields.filter(({ name }) => name === 'fpu').map(({ size }) => size));
  return lengths.length > 0 ? lengths : undefined;
}

/** The record of this number, for messages. */
export function nameOfType(revision: CrRevision, type: number): RecordName | undefined {
  const entry = Object.entries(revision.types).find(([, number]) => number === type);
  return entry?.[0] as RecordName | undefined;
}

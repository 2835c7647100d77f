import type { Layout } from '../../layout/layout.js';
import type { Numbers, ObjectName, RecordName, SectionName } from './names.js';
import type { Shapes } from './structs.js';

/** What one revision of the stream is: numbers, layouts, order, and what its kernels refuse. */
export interface CkptRevision {
  /** As `--to` takes it. */
  readonly name: string;
  /** Revisions of the same bytes. */
  readonly covers: string;
  /** Group in the specification. */
  readonly group: string;
  /** What `rev` of the HEADER record may be; the first is written. */
  readonly headRevs: readonly [number, ...number[]];
  /** Type number of each record; a record without a number does not exist in the revision. */
  readonly types: Numbers<RecordName>;
  /** What `objtype` of an OBJREF record may be. */
  readonly objects: Numbers<ObjectName>;
  /** Payload of each record that has a number. */
  readonly shapes: Shapes;
  /** `arch_id` of the HEADER record by architecture. */
  readonly archIds: Readonly<Record<string, number>>;
  /** Order of the sections in a task. */
  readonly body: readonly SectionName[];
  /** What the BUFFER behind MM holds: words of the task, or always 8 bytes each. */
  readonly auxv: 'none' | 'longs' | 'u64';
  /** One task in the BUFFER behind TREE. */
  readonly pids: Layout;
  /** Whether a second BUFFER follows it when the depths of all tasks add up to more than 0. */
  readonly hasVpids: boolean;
  /** Pid objects before TREE, and what `offset` of the PIDS record counts from; undefined without them. */
  readonly pidObjects: undefined | { readonly offsetOf: 'first-1' | 'first' };
  /** Whether a BUFFER with the name of the LSM and an LSM_INFO record stand behind CONTAINER. */
  readonly hasLsm: boolean;
  /** Whether a zombie ends behind the STRING of its TASK. */
  readonly hasZombies: boolean;
  /** Whether pipe data stands behind FILE_PIPE without a header. */
  readonly hasHeaderlessPipe: boolean;
  /** Mappings with any of these bits are refused by its kernels. */
  readonly refusedVmFlags: bigint;
  /** What of it no source confirms. */
  readonly guessed?: string;
  /** The same revision in builds of before a record was inserted; what follows SOCKET tells them apart. */
  readonly beforeFrag?: CkptRevision;
}

type Change = Partial<CkptRevision> & {
  /** Records that the base has and the derived revision has not. */
  readonly lacks?: readonly RecordName[];
};

function without<V>(record: Readonly<Record<string, V>>, lacks: readonly string[]): Record<string, V> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !lacks.includes(name)));
}

/** A revision told by what differs from another; what is guessed of the base, and builds of it, are not its own. */
export function derive(base: CkptRevision, { lacks = [], ...change }: Change): CkptRevision {
  const { guessed, beforeFrag, ...confirmed } = base;
  return {
    ...confirmed,
    ...change,
    types: without({ ...base.types, ...change.types }, lacks),
    objects: { ...base.objects, ...change.objects },
    shapes: without({ ...base.shapes, ...change.shapes }, lacks),
  };
}

/** The order of the sections in a task, with one more right behind another. */
export function withSection(body: readonly SectionName[], after: SectionName, added: SectionName): SectionName[] {
  return body.flatMap((section) => (section === after ? [section, added] : [section]));
}

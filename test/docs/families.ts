import { CKPT_HDR } from '../../src/format/ckpt/tables/record.js';
import { REVISIONS as CKPT_REVISIONS, WRITABLE as CKPT_WRITABLE } from '../../src/format/ckpt/tables/revision.js';
import type { Shape, Tail } from '../../src/format/ckpt/tables/tail.js';
import { CR_HDR } from '../../src/format/cr/tables/record.js';
import { V1, V11, V2, V4, V8, V9, WRITABLE as CR_WRITABLE, type CrRevision } from '../../src/format/cr/tables/revision.js';
import { STRUCTS, type RecordName as CrRecordName } from '../../src/format/cr/tables/structs.js';
import type { Layout } from '../../src/format/layout/layout.js';
import type { Span } from './markdown.js';

/** What a record may look like in one revision. */
export interface PageShape {
  readonly layouts: readonly Layout[];
  readonly tail: Tail;
}

/** A revision in the words of the page. */
export interface PageRevision extends Span {
  readonly covers: string;
  readonly group: string;
  readonly headRevs: readonly number[];
  readonly types: Readonly<Partial<Record<string, number>>>;
  readonly shapes: Readonly<Partial<Record<string, PageShape>>>;
  readonly guessed?: string | undefined;
}

export interface Family {
  /** Bytes of the record header that offsets count from. */
  readonly headerBytes: number;
  readonly header: Layout;
  readonly revisions: readonly PageRevision[];
  /** By what `--to` takes. */
  readonly writable: Readonly<Record<string, { readonly covers: string; readonly refusedVmFlags: bigint }>>;
}

function crShape(revision: CrRevision, name: CrRecordName): PageShape {
  if (name === 'BUFFER') return { layouts: [], tail: { kind: 'bytes' } };
  if (name === 'STRING' || name === 'FNAME') return { layouts: [], tail: { kind: 'text' } };
  const own: readonly Layout[] = revision.layouts[name] ?? [STRUCTS[name]];
  return { layouts: own, tail: own.length === 0 ? { kind: 'bytes' } : { kind: 'none' } };
}

/** The first and the last of the revisions that a revision of the tables is; where they have no plain names, itself. */
export function spanOf({ name, covers }: { readonly name: string; readonly covers: string }): Span {
  const [, first = name, last = first] = /^(v\d+)(?:-(v\d+))?$/.exec(covers) ?? [];
  return { name, first, last };
}

function crRevision(revision: CrRevision): PageRevision {
  const names = Object.keys(revision.types) as CrRecordName[];
  return {
    ...revision,
    ...spanOf(revision),
    shapes: Object.fromEntries(names.map((name) => [name, crShape(revision, name)])),
  };
}

function ckptShape({ layouts, tail, chosenBy }: Shape): PageShape {
  return { layouts: [...layouts, ...Object.values(chosenBy?.layouts ?? {})], tail };
}

/** The kernel's structs of the cr family begin behind the record header, those of ckpt have it as first member. */
export const FAMILIES: Readonly<Record<string, Family>> = {
  cr: {
    headerBytes: 0,
    header: CR_HDR,
    revisions: [V1, V2, V4, V8, V9, V11].map(crRevision),
    writable: CR_WRITABLE,
  },
  ckpt: {
    headerBytes: CKPT_HDR.size,
    header: CKPT_HDR,
    revisions: CKPT_REVISIONS.map((revision) => ({
      ...revision,
      ...spanOf(revision),
      shapes: Object.fromEntries(Object.entries(revision.shapes).map(([name, shape]) => [name, ckptShape(shape)])),
    })),
    writable: CKPT_WRITABLE,
  },
};

/** The family of this name. @throws {RangeError} for a name that a mark on the page should not have */
export function familyOf(name: string): Family {
  const family = FAMILIES[name];
  if (!family) throw new RangeError(`the page asks for the family ${name}`);
  return family;
}

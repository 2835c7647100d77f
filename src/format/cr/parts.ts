import type { Note } from '../model/image.js';
import type { PageRuns } from '../model/page-runs.js';
import type { PidsItem } from './item.js';
import type { CrRevision } from './revision.js';
import type { StructRecord } from './structs.js';

/** What a walk has read, as the records have it; the model is made from this. */
export interface StreamParts {
  readonly revision: CrRevision;
  readonly wordBytes: 4 | 8 | undefined;
  readonly decidedBy: readonly string[];
  readonly notes: readonly Note[];
  readonly head: StructRecord<'HEAD'>;
  /** Undefined in revisions without HEAD_ARCH. */
  readonly arch: StructRecord<'HEAD_ARCH'> | undefined;
  /** Empty in revisions without TREE. */
  readonly pids: PidsItem['entries'];
  readonly tasks: readonly TaskParts[];
}

export interface TaskParts {
  /** Undefined where the layout is not known. */
  readonly fields: StructRecord<'TASK'> | undefined;
  readonly comm: Uint8Array;
  readonly mm: MmParts;
  readonly files: readonly FdParts[];
  readonly tls: Uint8Array;
  /** Undefined where the layout is not known. */
  readonly cpu: StructRecord<'CPU'> | undefined;
  readonly xstate: Uint8Array;
}

export interface MmParts {
  /** Parent of the record: the pid of the task, as the one who wrote the image saw it. */
  readonly parent: number;
  readonly fields: StructRecord<'MM'>;
  readonly vmas: readonly VmaParts[];
  readonly ldt: Uint8Array;
}

export interface VmaParts {
  readonly fields: StructRecord<'VMA'>;
  /** FNAME with its NUL; undefined for anonymous memory. */
  readonly name: Uint8Array | undefined;
  readonly pages: PageRuns;
}

export interface FdParts {
  readonly fields: StructRecord<'FD_ENT'>;
  /** Only the first descriptor of an open file brings it along. */
  readonly file: { readonly fields: StructRecord<'FD_DATA'>; readonly name: Uint8Array } | undefined;
}

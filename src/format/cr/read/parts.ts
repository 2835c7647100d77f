import type { CapturePayloads } from '../../linux-cr/extension.js';
import type { Note, ParentLink } from '../../model/image.js';
import type { PageRanges } from '../../model/page-ranges.js';
import type { PageRuns } from '../../model/page-runs.js';
import type { Uncaptured } from '../../model/uncaptured.js';
import type { PidsItem } from './item.js';
import type { CrRevision } from '../tables/revision.js';
import type { StructRecord } from '../tables/structs.js';

/** What a walk has read, as the records have it; the model is made from this. */
export interface StreamParts extends BodyParts {
  readonly revision: CrRevision;
  readonly wordBytes: 4 | 8 | undefined;
  readonly decidedBy: readonly string[];
  readonly notes: readonly Note[];
  readonly head: StructRecord<'HEAD'>;
  /** Whether something was wrong that could be read past. */
  readonly isDamaged: boolean;
}

/** What stands behind HEAD. */
export interface BodyParts {
  /** Undefined in revisions without HEAD_ARCH. */
  arch: StructRecord<'HEAD_ARCH'> | undefined;
  /** Empty in revisions without TREE. */
  readonly pids: PidsItem['entries'][number][];
  readonly tasks: TaskParts[];
  /** Of an incremental image. */
  parentLink: ParentLink | undefined;
  /** Payloads of CAPTURE. */
  capture: CapturePayloads | undefined;
}

/** One task; its members are filled in as they are read. */
export interface TaskParts {
  /** Undefined where the layout is not known. */
  fields: StructRecord<'TASK'> | undefined;
  comm: Uint8Array;
  readonly mm: MmParts;
  readonly files: FdParts[];
  tls: Uint8Array;
  /** Undefined where the layout is not known. */
  cpu: StructRecord<'CPU'> | undefined;
  xstate: Uint8Array;
  /** Whether any of its records was read. */
  isThere: boolean;
}

export interface MmParts {
  /** Parent of the record: the pid of the task, as the one who wrote the image saw it. */
  parent: number | undefined;
  /** Undefined where the record cannot be read. */
  fields: StructRecord<'MM'> | undefined;
  readonly vmas: VmaParts[];
  ldt: Uint8Array;
}

export interface VmaParts {
  readonly fields: StructRecord<'VMA'>;
  /** FNAME with its NUL; undefined for anonymous memory. */
  readonly name: Uint8Array | undefined;
  pages: PageRuns;
  parentPages: PageRanges | undefined;
  uncaptured: Uncaptured | undefined;
}

export interface FdParts {
  readonly fields: StructRecord<'FD_ENT'>;
  /** Only the first descriptor of an open file brings it along. */
  readonly file: { readonly fields: StructRecord<'FD_DATA'>; readonly name: Uint8Array } | undefined;
}

import type { CapturePayloads } from '../../linux-cr/extension.js';
import type { AnyRecord } from '../../layout/layout.js';
import type { KernelItem, KernelSection } from '../../model/kernel-state.js';
import type { Note, ParentLink } from '../../model/image.js';
import type { PageRanges } from '../../model/page-ranges.js';
import type { PageRuns } from '../../model/page-runs.js';
import type { Uncaptured } from '../../model/uncaptured.js';
import type { RecordItem } from './item.js';
import type { CkptRevision } from '../tables/revision.js';

// What a walk has read, as the records have it; the model is made from this. Filled while walking: where a walk breaks
// off, what was read before is here.

export interface StreamParts {
  revision: CkptRevision;
  wordBytes: 4 | 8;
  readonly decidedBy: string[];
  readonly notes: Note[];
  /** Undefined until it is read. */
  header: RecordItem | undefined;
  arch: AnyRecord;
  readonly uname: { release: Uint8Array; version: Uint8Array; machine: Uint8Array };
  /** CONTAINER without what is usual; see `containerOf`. */
  readonly container: RecordItem[];
  /** Pid objects by object number: the pid in each namespace, outermost first. */
  readonly pidObjects: Map<number, readonly number[]>;
  pids: readonly AnyRecord[];
  /** Pids in nested namespaces, of all tasks one behind the other. */
  vpids: readonly number[];
  readonly tasks: TaskParts[];
  readonly files: Map<number, FileParts>;
  readonly fileTables: Map<number, FileTableParts>;
  readonly mms: Map<number, MmParts>;
  /** Memory that mappings share, by the number of its inode. */
  readonly memory: Map<number, SharedParts>;
  /** Keys of segments, by the same number. */
  readonly segmentKeys: Map<number, number>;
  /** Of an incremental image. */
  parentLink: ParentLink | undefined;
  /** Payloads of CAPTURE. */
  capture: CapturePayloads | undefined;
}

export interface TaskParts {
  /** Undefined where it was lost. */
  fields: AnyRecord | undefined;
  comm: Uint8Array;
  isZombie: boolean;
  /** Whether it was read to its end. */
  isComplete: boolean;
  objs: AnyRecord;
  thread: AnyRecord;
  tls: Uint8Array;
  cpu: AnyRecord | undefined;
  xstate: Uint8Array;
  /** What the task itself brings, where TASK_OBJS was lost. */
  mm: MmParts | undefined;
  fileTable: FileTableParts | undefined;
  readonly sections: Partial<Record<KernelSection, KernelItem[]>>;
}

export interface MmParts {
  readonly id: number;
  /** Undefined where MM was lost. */
  fields: AnyRecord | undefined;
  auxv: readonly bigint[];
  readonly vmas: VmaParts[];
  context: AnyRecord;
  ldt: Uint8Array;
}

export interface VmaParts {
  readonly fields: AnyRecord;
  /** By address, or by index of the shared memory that it brings. */
  pages: PageRuns;
  parentPages?: PageRanges;
  uncaptured?: Uncaptured;
}

export interface SharedParts {
  readonly id: number;
  readonly sizeBytes: bigint;
  pages: PageRuns;
  parentPages?: PageRanges;
  uncaptured?: Uncaptured;
  parentId?: number;
}

export interface FileTableParts {
  readonly id: number;
  readonly descriptors: AnyRecord[];
}

export interface FileParts {
  readonly id: number;
  readonly before: KernelItem[];
  readonly fields: AnyRecord;
  /** FILE_NAME with its NUL; undefined where there is none. */
  name: Uint8Array | undefined;
  readonly after: KernelItem[];
}

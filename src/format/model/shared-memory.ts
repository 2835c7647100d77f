import type { PageRanges } from './page-ranges.js';
import type { PageRuns } from './page-runs.js';
import type { Uncaptured } from './uncaptured.js';

/** What the kernel says of a SysV segment, by the names of the ckpt streams; times in seconds since the epoch. */
export interface SegmentFacts {
  /** Which IPC namespace it is of: the same text for the same one. */
  readonly namespace: string;
  readonly fields: Readonly<
    Record<
      | 'id'
      | 'key'
      | 'mode'
      | 'uid'
      | 'gid'
      | 'cuid'
      | 'cgid'
      | 'shm_atim'
      | 'shm_dtim'
      | 'shm_ctim'
      | 'shm_cprid'
      | 'shm_lprid',
      number
    >
  >;
}

/** Memory that more than one mapping may show: shared anonymous memory, a memfd, a SysV segment. Mappings share the object. */
export interface SharedMemory {
  /** Number in the image; kernel records refer to it. Undefined where the format has none. */
  readonly id: number | undefined;
  readonly sizeBytes: bigint;
  /** Its pages that the image holds; `vpn` counts pages from the start of the object. */
  readonly pages: PageRuns;
  /** Of an incremental image: pages that are what they are in the parent image, at the same place of the same object. */
  readonly parentPages?: PageRanges | undefined;
  /** Number of that object in the parent. Undefined: what the parent has at the addresses of the mappings that show it. */
  readonly parentId?: number | undefined;
  /** Of a segment of a living process; images hold it with the namespace (`KernelMemory`). */
  readonly segment?: SegmentFacts | undefined;
  /** Where not all was captured, by index. */
  readonly uncaptured?: Uncaptured | undefined;
}

import type { PageRanges } from './page-ranges.js';
import type { PageRuns } from './page-runs.js';

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
}

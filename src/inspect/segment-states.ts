import type { VmaRelation } from './vma-relation.js';
import type { PageStateRuns } from './page-states.js';
import type { Segment } from './vma-segment.js';

/** Pages of one segment that are in one state. */
export interface SegmentState {
  readonly part: Segment;
  /** Index into `PAGE_STATES`. */
  readonly state: number;
}

type Compared = Pick<VmaRelation, 'segments'> & { readonly runs: PageStateRuns };

function runEnd(runs: PageStateRuns, index: number): number {
  return (runs.vpn[index] ?? 0) + (runs.nrPages[index] ?? 0);
}

/** A mapping's segments cut by the states of their pages. Both lists ascend, so one walk is enough. */
export function* segmentStates({ segments, runs }: Compared): Generator<SegmentState> {
  let run = 0;
  for (const segment of segments) {
    const segmentEnd = segment.vpn + segment.nrPages;
    while (run < runs.count && runEnd(runs, run) <= segment.vpn) run++;
    for (let i = run; i < runs.count && (runs.vpn[i] ?? 0) < segmentEnd; i++) {
      const vpn = Math.max(segment.vpn, runs.vpn[i] ?? 0);
      const nrPages = Math.min(segmentEnd, runEnd(runs, i)) - vpn;
      yield { part: { ...segment, vpn, nrPages }, state: runs.state[i] ?? 0 };
    }
  }
}

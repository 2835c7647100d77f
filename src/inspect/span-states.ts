import { NOT_HELD } from './page-compare.js';
import { ADDED, CHANGED, NO_STATE_RUNS, PageStateRunsBuilder, REMOVED, SAME } from './page-states.js';
import type { PageSpans } from './page-spans.js';
import type { PageStateRuns } from './page-states.js';

/** Collects the states of the pages of spans, which come in the order of the spans. */
export interface SpanStates {
  readonly spans: PageSpans;
  readonly groups: PageStateRuns[];
  readonly runs: PageStateRunsBuilder;
  /** The group that `runs` is of. */
  group: number;
}

export function openSpanStates(spans: PageSpans): SpanStates {
  const groups = new Array<PageStateRuns>(spans.groups).fill(NO_STATE_RUNS);
  return { spans, groups, runs: new PageStateRunsBuilder(), group: 0 };
}

/** What a page of span `index` is that is not the same. */
function differentState({ beforeOffset, afterOffset }: PageSpans, index: number): number {
  if (beforeOffset[index] === NOT_HELD) return ADDED;
  return afterOffset[index] === NOT_HELD ? REMOVED : CHANGED;
}

function enterGroup(states: SpanStates, span: number): void {
  const group = states.spans.group[span] ?? 0;
  if (group === states.group) return;
  states.groups[states.group] = states.runs.take();
  states.group = group;
}

/** Adds pages of a span that cannot be compared. */
export function addIncomparable(states: SpanStates, span: number, vpn: number, nrPages: number): void {
  enterGroup(states, span);
  states.runs.add(vpn, nrPages, differentState(states.spans, span));
}

/** Adds pages of a span that are all the same. */
export function addSame(states: SpanStates, span: number, vpn: number, nrPages: number): void {
  enterGroup(states, span);
  states.runs.add(vpn, nrPages, SAME);
}

/** Adds pages of a span as `markDifferent` marked them. */
export function addMarked(
  states: SpanStates,
  span: number,
  vpn: number,
  nrPages: number,
  marks: Uint8Array,
  markAt: number,
): void {
  enterGroup(states, span);
  const state = differentState(states.spans, span);
  for (let page = 0; page < nrPages; page++) states.runs.add(vpn + page, 1, marks[markAt + page] === 1 ? state : SAME);
}

/** The page states of each group of segments that the spans were planned from. */
export function takeSpanStates({ groups, group, runs }: SpanStates): PageStateRuns[] {
  if (groups.length > 0) groups[group] = runs.take();
  return groups;
}

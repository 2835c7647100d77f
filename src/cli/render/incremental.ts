import type { PreCopyStats } from '../../capture/precopy.js';
import type { TrackingStats } from '../../capture/tracking/tracking.js';
import { TRACKERS } from '../../capture/tracking/verdict.js';
import { PAGE_BYTES } from '../../format/model/page.js';
import { countText, sizeText } from './amount.js';
import { printable } from './printable.js';

interface Incremental {
  readonly parent: { readonly path: string } | null;
  readonly tracking: TrackingStats | null;
  readonly preCopy: PreCopyStats | null;
}

const BACKEND_TEXTS = {
  'soft-dirty': 'soft-dirty bits',
  digest: 'comparing bytes',
  none: 'nothing: all is taken again',
} as const;

function because(reason: string | null): string {
  return reason === null ? '' : ` (${printable(reason)})`;
}

/** How changes were found: in all, or in how many of several. */
function foundBy({ backend, reason, processes = [] }: TrackingStats): string {
  const tracked = processes.filter((one) => one.backend !== null);
  const all = `${BACKEND_TEXTS[backend ?? 'none']}${because(reason)}`;
  const count = tracked.filter((one) => one.backend === backend).length;
  if (count === tracked.length) return all;
  const others = TRACKERS.filter((name) => name !== backend).flatMap((name) => {
    const times = tracked.filter((one) => one.backend === name).length;
    return times === 0 ? [] : [`${BACKEND_TEXTS[name]} in ${String(times)}`];
  });
  return [...others, `${all} in ${String(count)}`].join(', ');
}

function newText({ processes = [] }: TrackingStats): string {
  const count = processes.filter(({ backend }) => backend === null).length;
  return count === 0 ? '' : `, which does not have ${String(count)} of the processes`;
}

function parentLine(parent: string, tracking: TrackingStats): string {
  const { ownPages, parentPages } = tracking;
  const own = `${countText(ownPages, 'page')} of its own, ${sizeText(ownPages * PAGE_BYTES)}`;
  const left = `${countText(parentPages, 'page')} left to ${printable(parent)}${newText(tracking)}`;
  return `${own}; ${left}; changes found by ${foundBy(tracking)}`;
}

function clearLine({ isCleared, clearReason, processes = [] }: TrackingStats): string {
  const others = processes.filter((one) => !one.isCleared).length;
  if (!isCleared && others > 0 && others < processes.length)
    return `soft-dirty bits of ${String(others)} processes were not cleared${because(clearReason)}: with this image as parent their bytes are compared`;
  if (isCleared) return 'its soft-dirty bits were cleared: this image can be a parent without comparing';
  return `its soft-dirty bits were not cleared${because(clearReason)}: with this image as parent bytes are compared`;
}

function* preCopyLines({ backend, reason, rounds, finalPages, spooledBytes }: PreCopyStats): Generator<string> {
  const copied = rounds.map(({ pages }) => countText(pages, 'page')).join(', then ');
  const stops = rounds.filter(({ stoppedNs }) => stoppedNs > 0);
  const stopped = stops.map(({ stoppedNs }) => `${(stoppedNs / 1e6).toFixed(1)} ms`).join(', ');
  yield `copied while it ran: ${copied}${stops.length === 0 ? '' : `, with stops of ${stopped}`}`;
  yield `copied while it stood still: ${countText(finalPages, 'page')}`;
  if (spooledBytes > 0) yield `of the copy ${sizeText(spooledBytes)} were in a temporary file`;
  if (backend === 'digest')
    yield `changes were found by comparing bytes${because(reason)}: the stop is as long as reading all of its memory`;
}

/** What is told of an incremental capture and of pre-copying, for people. */
export function* incrementalLines({ parent, tracking, preCopy }: Incremental): Generator<string> {
  if (parent && tracking) yield `  ${parentLine(parent.path, tracking)}`;
  if (tracking && (tracking.isCleared || tracking.clearReason !== null)) yield `  ${clearLine(tracking)}`;
  for (const line of preCopy ? preCopyLines(preCopy) : []) yield `  ${line}`;
}

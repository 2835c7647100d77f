import type { PreCopyStats } from '../../capture/precopy.js';
import type { TrackingStats } from '../../capture/tracking/tracking.js';
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

function parentLine(parent: string, tracking: TrackingStats): string {
  const { ownPages, parentPages, backend, reason } = tracking;
  const own = `${countText(ownPages, 'page')} of its own, ${sizeText(ownPages * PAGE_BYTES)}`;
  const found = `changes found by ${BACKEND_TEXTS[backend ?? 'none']}${because(reason)}`;
  return `${own}; ${countText(parentPages, 'page')} left to ${printable(parent)}; ${found}`;
}

function clearLine({ isCleared, clearReason }: TrackingStats): string {
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

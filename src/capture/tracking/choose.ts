import { UsageError } from '../../format/errors.js';
import type { TrackerName } from './verdict.js';

/** What is asked for; `auto` is soft-dirty where it can be believed, else digest. */
export const TRACK_WISHES = ['auto', 'soft-dirty', 'digest', 'none'] as const;
export type TrackWish = (typeof TRACK_WISHES)[number];

/** What decides whether soft-dirty bits can be believed. */
export interface TrackingFacts {
  /** Whether the kernel keeps them. */
  readonly isSupported: boolean;
  readonly isStopped: boolean;
  /** Whether they were cleared last for the parent. */
  readonly isClearedForParent: boolean;
}

/** A way to find changes, and why it is not the one asked for. */
export interface Choice {
  readonly backend: TrackerName;
  readonly reason: string | null;
}

/** Whether a wish needs the bits at all. */
export function wantsSoftDirty(wish: TrackWish): boolean {
  return wish === 'auto' || wish === 'soft-dirty';
}

/** @throws {UsageError} `BAD_ARGUMENT` for soft-dirty where the kernel has none */
export function refuseUnsupported(wish: TrackWish, isSupported: boolean): void {
  if (wish !== 'soft-dirty' || isSupported) return;
  const expected = 'digest or auto: this kernel keeps no soft-dirty bits';
  throw new UsageError('BAD_ARGUMENT', { what: 'change tracking', expected, actual: wish });
}

/** In order: the first that holds is why soft-dirty bits are not believed. */
const OBJECTIONS: readonly (readonly [holds: (facts: TrackingFacts) => boolean, reason: string])[] = [
  [({ isSupported }) => !isSupported, 'this kernel keeps no soft-dirty bits'],
  [({ isStopped }) => !isStopped, 'the process runs on while its bits are read'],
  [
    ({ isClearedForParent }) => !isClearedForParent,
    'the soft-dirty bits were not cleared when the parent was taken, or were cleared again since',
  ],
];

/** Decides how changes are found. */
export function chooseTracker(wish: TrackWish, facts: TrackingFacts): Choice {
  if (wish === 'digest' || wish === 'none') return { backend: wish, reason: null };
  const reason = OBJECTIONS.find(([holds]) => holds(facts))?.[1];
  return reason === undefined ? { backend: 'soft-dirty', reason: null } : { backend: 'digest', reason };
}

import type { LeftOut, Vma } from '../format/model/image.js';
import { PAGE_BYTES } from '../format/model/page.js';
import { VMA_KINDS, VMA_KIND_NAMES } from '../format/model/vma-kind.js';
import type { FreezeMethod } from './freeze-method.js';
import type { OwnKind } from './own-kind.js';
import { countPages } from './page-counts.js';
import type { PartialCapture } from './partial.js';
import type { PauseBudget } from './pause-budget.js';
import type { PreCopyStats } from './precopy.js';
import type { TrackingStats } from './tracking/tracking.js';

/** How many mappings of a kind there are and what is captured of them. */
export interface KindStats {
  /** A kind of `VMA_KINDS`, or one of the caller's own. */
  readonly kind: string;
  readonly vmas: number;
  readonly pages: number;
  readonly bytes: number;
  /** Pages that are left to the parent image. */
  readonly parentPages: number;
  /** Why contents of this kind are captured or not. */
  readonly reason: string;
  /** Pages that are there and are not captured, by reason. */
  readonly leftOut: readonly LeftOutStats[];
}

export interface LeftOutStats extends LeftOut {
  readonly vmas: number;
  readonly bytes: number;
}

/** By what processes were stopped. */
export interface FreezeWay {
  readonly method: FreezeMethod;
  /** Why by a signal, where `auto` would rather have taken a cgroup. */
  readonly fallbackReason: string | undefined;
}

/** What a capture cost and found. */
export interface CaptureStats {
  /** How long the process was stopped for us; undefined while it is, and if we did not stop it. */
  readonly stoppedNs: number | undefined;
  /** Whether the process was stopped before we came; it is left so. */
  readonly wasStopped: boolean;
  /** By what it was stopped; undefined if it was not, or not by us. */
  readonly freeze: FreezeWay | undefined;
  /** Kinds that occur, own ones first, then in the order of `VMA_KINDS`. A kind without pages, its own or of a parent, is carried as mappings only. */
  readonly kinds: readonly KindStats[];
  /** Paths and ranges that were to be included or excluded and that no mapping had. */
  readonly unmatched: readonly string[];
  /** Undefined unless asked for, or there is a parent. */
  readonly pauseBudget: PauseBudget | undefined;
  /** What is missing; undefined if the image is whole. */
  readonly partial: PartialCapture | undefined;
  /** What may be missing, for people. */
  readonly warnings: readonly string[];
  /** Undefined unless changes were to be found, now or by the next capture. */
  readonly tracking: TrackingStats | undefined;
  /** Undefined unless asked for. */
  readonly preCopy: PreCopyStats | undefined;
}

function leftOutIn(vmas: readonly Vma[]): LeftOutStats[] {
  const byReason = new Map<string, { vmas: number; pages: number }>();
  for (const { leftOut } of vmas) {
    if (!leftOut) continue;
    const sum = byReason.get(leftOut.reason) ?? { vmas: 0, pages: 0 };
    byReason.set(leftOut.reason, { vmas: sum.vmas + 1, pages: sum.pages + leftOut.pages });
  }
  return [...byReason].map(([reason, sum]) => ({ ...sum, bytes: sum.pages * PAGE_BYTES, reason }));
}

function statsOf(kind: string, vmas: readonly Vma[], reason: string): KindStats {
  const { own: pages, parent: parentPages } = countPages(vmas);
  const bytes = pages * PAGE_BYTES;
  return { kind, vmas: vmas.length, pages, bytes, parentPages, reason, leftOut: leftOutIn(vmas) };
}

/** Counts mappings and pages by kind; own kinds come first. */
export function countKinds(vmas: readonly Vma[], own: readonly OwnKind[] = []): KindStats[] {
  const reasons = new Map<string, string>([
    ...own.map(({ name, reason }) => [name, reason] as const),
    ...VMA_KIND_NAMES.map((kind) => [kind, VMA_KINDS[kind].reason] as const),
  ]);
  return [...reasons].flatMap(([kind, reason]) => {
    const ofKind = vmas.filter((vma) => (vma.kindName ?? vma.kind) === kind);
    return ofKind.length === 0 ? [] : [statsOf(kind, ofKind, reason)];
  });
}

import type { Vma } from '../format/model/image.js';
import { PAGE_BYTES } from '../format/model/page.js';
import type { SharedMemory } from '../format/model/shared-memory.js';
import { VMA_KINDS, type VmaKind } from '../format/model/vma-kind.js';
import type { FreezeMethod } from './freeze-method.js';
import type { PartialCapture } from './partial.js';
import type { PauseBudget } from './pause-budget.js';
import type { PreCopyStats } from './precopy.js';
import type { TrackingStats } from './tracking/tracking.js';

/** How many mappings of a kind there are and what is captured of them. */
export interface KindStats {
  readonly kind: VmaKind;
  readonly vmas: number;
  readonly pages: number;
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
  /** Kinds that occur, in the order of `VMA_KINDS`. A kind of 0 pages is carried as mappings only. */
  readonly kinds: readonly KindStats[];
  /** Undefined unless asked for. */
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

/** Counts mappings and pages by kind; what mappings share counts once. */
export function countKinds(vmas: readonly Vma[]): KindStats[] {
  const seen = new Set<SharedMemory>();
  const pagesOf = ({ shared, pages }: Vma): number => {
    if (!shared) return pages.totalPages;
    if (seen.has(shared)) return 0;
    seen.add(shared);
    return shared.pages.totalPages;
  };
  // the keys of a table are its type's
  const kinds = Object.keys(VMA_KINDS) as VmaKind[];
  return kinds.flatMap((kind) => {
    const ofKind = vmas.filter((vma) => vma.kind === kind);
    if (ofKind.length === 0) return [];
    const pages = ofKind.reduce((sum, vma) => sum + pagesOf(vma), 0);
    return { kind, vmas: ofKind.length, pages, bytes: pages * PAGE_BYTES };
  });
}

import type { Hold } from './hold.js';
import { clearBits } from './tracking/clear-bits.js';
import { forgetEnded } from './tracking/clear-registry.js';
import { BitClearer, hasSoftDirty } from './tracking/soft-dirty.js';
import { DIGEST_TRACKER, softDirtyTracker } from './tracking/trackers.js';
import type { ChangeTracker, TrackerName } from './tracking/verdict.js';

/** Clears the bits of a process for the first time; returns why bytes are compared instead, where they are. */
function openCleared({ target }: Hold): BitClearer | string {
  if (!hasSoftDirty()) return 'this kernel keeps no soft-dirty bits';
  const clearer = BitClearer.open(target.pid);
  if (typeof clearer === 'string') return clearer;
  try {
    clearBits(target, clearer);
    return clearer;
  } catch (error) {
    clearer.close();
    return error instanceof Error ? error.message : String(error);
  }
}

/** The soft-dirty bits of processes, by which they are copied before they are stopped; where there are none bytes are compared. */
export class PreCopyBits {
  readonly #clearers = new Map<Hold, BitClearer>();
  /** Why there are none, in one at least. */
  readonly reason: string | null = null;

  /** Clears them: everything that is written from here on has its bit set. */
  constructor(holds: readonly Hold[]) {
    if (hasSoftDirty()) forgetEnded();
    for (const hold of holds) {
      const clearer = openCleared(hold);
      if (typeof clearer === 'string') this.reason ??= clearer;
      else this.#clearers.set(hold, clearer);
    }
  }

  /** What tells all changes; `digest` where one of them has no bits. */
  get backend(): TrackerName {
    return this.reason === null ? 'soft-dirty' : 'digest';
  }

  get hasAny(): boolean {
    return this.#clearers.size > 0;
  }

  /** Who tells what was written since the bits were cleared. */
  trackerOf(hold: Hold | undefined): ChangeTracker {
    return hold && this.#clearers.has(hold) ? softDirtyTracker(hold.pagemap, false) : DIGEST_TRACKER;
  }

  /** Clears them again, of processes that stand still. @throws {IoError}, what the system says */
  clear(holds: readonly Hold[]): void {
    for (const hold of holds) {
      const clearer = this.#clearers.get(hold);
      if (clearer) clearBits(hold.target, clearer);
    }
  }

  close(): void {
    for (const clearer of this.#clearers.values()) clearer.close();
    this.#clearers.clear();
  }
}

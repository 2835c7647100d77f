import type { ParentLink } from '../../format/model/image.js';
import type { Target } from '../identity.js';
import { chooseTracker, type Choice, type TrackWish } from './choose.js';
import { clearBits } from './clear-bits.js';
import { lastClear, noteClear, placesFor } from './clear-registry.js';
import { BitClearer } from './soft-dirty.js';
import type { TrackerName } from './verdict.js';

/** What tracking did in one process. */
export interface ProcessTracking {
  readonly pid: number;
  /** Null where nothing was to be found: without a parent, or where the parent does not have the process. */
  readonly backend: TrackerName | null;
  /** Why it is not the one that was asked for, or would be better. */
  readonly reason: string | null;
  /** Whether the soft-dirty bits were cleared, so that the next capture can tell changes since this one. */
  readonly isCleared: boolean;
  /** Why they were not, where that was wanted. */
  readonly clearReason: string | null;
}

/** How changes are to be found in a process. */
export interface TrackingWish {
  readonly wish: TrackWish;
  /** Whether soft-dirty bits are asked for, and the kernel keeps any. */
  readonly hasBits: boolean;
  /** Why they are not cleared, where that is so for all. */
  readonly clearReason: string | undefined;
}

function hexOf(id: Uint8Array): string {
  return Buffer.from(id).toString('hex');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The soft-dirty bits of one process: for which image they were cleared last, and whether they are cleared for this one. */
export class TrackedProcess {
  readonly #target: Target;
  readonly #wish: TrackWish;
  /** Undefined where nobody asked for bits, or there are none; why it could not be opened. */
  readonly #clearer: BitClearer | string | undefined;
  #choice: Choice | undefined;
  #clearedNs: bigint | undefined;
  #clearReason: string | undefined;

  constructor(target: Target, { wish, hasBits, clearReason }: TrackingWish) {
    this.#target = target;
    this.#wish = wish;
    this.#clearer = hasBits ? BitClearer.open(target.pid) : undefined;
    this.#clearReason = clearReason;
  }

  get stats(): ProcessTracking {
    return {
      pid: this.#target.pid,
      backend: this.#choice?.backend ?? null,
      reason: this.#choice?.reason ?? null,
      isCleared: this.#clearedNs !== undefined,
      clearReason: this.#clearReason ?? null,
    };
  }

  /** Decides how changes since a parent that has it are found. */
  choose(parent: ParentLink, isStopped: boolean): TrackerName {
    const isSupported = this.#clearer !== undefined;
    const isClearedForParent = isSupported && isStopped && this.#isLastClear(parent);
    this.#choice = chooseTracker(this.#wish, { isSupported, isStopped, isClearedForParent });
    return this.#choice.backend;
  }

  /** Clears the bits, after all was read of it, while it stands still. Every image before is useless to them from here on. */
  clear(): void {
    if (this.#clearer === undefined) return;
    try {
      if (typeof this.#clearer === 'string') this.#clearReason = this.#clearer;
      else this.#clearedNs = clearBits(this.#target, this.#clearer);
    } catch (error) {
      this.#clearReason = messageOf(error);
    }
  }

  /** Notes which image the clearing belongs to, once that is safe on disk. */
  remember(id: Uint8Array): void {
    const clearedNs = this.#clearedNs;
    if (clearedNs === undefined) return;
    try {
      const places = placesFor(this.#target);
      // somebody else may have cleared them since
      if (lastClear(this.#target, places)?.clearedNs === clearedNs)
        noteClear(this.#target, places, { clearedNs, id: hexOf(id) });
    } catch {
      // it has ended, or there is no room: the next capture finds no image noted and compares bytes
    }
  }

  close(): void {
    if (this.#clearer instanceof BitClearer) this.#clearer.close();
  }

  #isLastClear({ id }: ParentLink): boolean {
    try {
      return lastClear(this.#target, placesFor(this.#target))?.id === hexOf(id);
    } catch {
      // what cannot be read is not believed
      return false;
    }
  }
}

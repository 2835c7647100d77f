import type { ByteSource } from '../../format/bytes/source.js';
import { UsageError } from '../../format/errors.js';
import type { Image, ParentLink, Task } from '../../format/model/image.js';
import type { Target } from '../identity.js';
import type { Pagemap } from '../pagemap.js';
import { PageComparer } from './byte-compare.js';
import { chooseTracker, refuseUnsupported, wantsSoftDirty, type Choice, type TrackWish } from './choose.js';
import { lastClear, noteClear, placesFor } from './clear-registry.js';
import { leaveToParent } from './leave-to-parent.js';
import { BitClearer, hasSoftDirty } from './soft-dirty.js';
import { DIGEST_TRACKER, NO_TRACKER, softDirtyTracker } from './trackers.js';
import type { ChangeTracker, TrackerName } from './verdict.js';

/** The image that an incremental one is taken after. */
export interface ParentImage {
  /** Seen through its chain: with contents of every page that it or its parents have. It stays open. */
  readonly image: Image;
  readonly link: ParentLink;
}

export interface TrackOptions {
  /** Leave to it what has not changed since. Default: all is captured. */
  readonly parent?: ParentImage | undefined;
  /** How changes are found. Default `auto` with a parent, else that nobody will ask for changes later. */
  readonly track?: TrackWish | undefined;
  /** Compare the bytes of what soft-dirty bits say to be changed, too: large pages are all one bit. Default false. */
  readonly isExact?: boolean | undefined;
}

/** What tracking did. */
export interface TrackingStats {
  /** Null without a parent: nothing was to be found. */
  readonly backend: TrackerName | null;
  /** Why it is not the one that was asked for, or would be better. */
  readonly reason: string | null;
  readonly isExact: boolean;
  readonly ownPages: number;
  readonly parentPages: number;
  /** Pages whose bytes were compared. */
  readonly comparedPages: number;
  /** Whether the soft-dirty bits were cleared, so that the next capture can tell changes since this one. */
  readonly isCleared: boolean;
  /** Why they were not, where that was wanted. */
  readonly clearReason: string | null;
}

function hexOf(id: Uint8Array): string {
  return Buffer.from(id).toString('hex');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Finds out what has changed in one process since its parent image, and makes that possible for the next one. */
export class Tracking {
  readonly parent: ParentImage | undefined;
  readonly #target: Target;
  readonly #wish: TrackWish;
  readonly #isExact: boolean;
  readonly #isSupported: boolean;
  readonly #clearer: BitClearer | string;
  #choice: Choice | undefined;
  #comparedPages = 0;
  #pages = { own: 0, parent: 0 };
  #clearedNs: bigint | undefined;
  #clearReason: string | undefined;

  /**
   * Everything that can be done before the process is stopped.
   *
   * @throws {UsageError} for soft-dirty where there is none, and for a parent that does not have the process
   */
  constructor(target: Target, { parent, track = 'auto', isExact = false }: TrackOptions) {
    const isWanted = wantsSoftDirty(track);
    this.#target = target;
    this.#wish = track;
    this.#isExact = isExact;
    this.#isSupported = isWanted && hasSoftDirty();
    refuseUnsupported(track, this.#isSupported);
    this.parent = parent;
    if (parent && !parent.image.tasks.some(({ pid }) => pid === target.pid))
      throw new UsageError('BAD_ARGUMENT', { what: `the parent has no process ${String(target.pid)}` });
    this.#clearer = this.#isSupported ? BitClearer.open(target.pid) : 'nobody asked for soft-dirty bits';
    if (isWanted && !this.#isSupported) this.#clearReason = 'this kernel keeps no soft-dirty bits';
  }

  /** The task without what the parent has of it as it is now. Of a process that is stopped. */
  async leaveToParent(task: Task, { now, pagemap, isStopped, signal }: LeaveNow): Promise<Task> {
    const { parent } = this;
    if (!parent) {
      this.#count(task);
      return task;
    }
    const comparer = new PageComparer(signal);
    const tracker = this.#track(parent, pagemap, isStopped);
    const options = { parent: parent.image, now, comparer, trackerOf: () => tracker };
    const [left = task] = await leaveToParent([task], options);
    this.#comparedPages = comparer.comparedPages;
    this.#count(left);
    return left;
  }

  get stats(): TrackingStats {
    return {
      backend: this.#choice?.backend ?? null,
      reason: this.#choice?.reason ?? null,
      isExact: this.#isExact,
      ownPages: this.#pages.own,
      parentPages: this.#pages.parent,
      comparedPages: this.#comparedPages,
      isCleared: this.#clearedNs !== undefined,
      clearReason: this.#clearReason ?? null,
    };
  }

  /** Clears the bits of a process that is stopped still, after all was read of it. Every image before is useless to them from here on. */
  clear(): void {
    const clearer = this.#clearer;
    if (!this.#isSupported) return;
    if (typeof clearer === 'string') {
      this.#clearReason = clearer;
      return;
    }
    try {
      const clearedNs = process.hrtime.bigint();
      // first of all: a capture that ends here must leave nothing that can be believed
      if (!noteClear(this.#target, placesFor(this.#target), { clearedNs, id: '' })) {
        this.#clearReason = 'there is no directory to note it in';
        return;
      }
      clearer.clear();
      this.#clearedNs = clearedNs;
    } catch (error) {
      this.#clearReason = messageOf(error);
    }
  }

  /** Notes which image the clearing belongs to, once that is safe on disk. False where nothing was cleared for it. */
  remember(id: Uint8Array): boolean {
    const clearedNs = this.#clearedNs;
    if (clearedNs === undefined) return false;
    try {
      const places = placesFor(this.#target);
      // somebody else may have cleared them since
      if (lastClear(this.#target, places)?.clearedNs !== clearedNs) return false;
      return noteClear(this.#target, places, { clearedNs, id: hexOf(id) });
    } catch {
      // it has ended, or there is no room: the next capture finds no image noted and compares bytes
      return false;
    }
  }

  close(): void {
    if (typeof this.#clearer !== 'string') this.#clearer.close();
  }

  #track(parent: ParentImage, pagemap: Pagemap, isStopped: boolean): ChangeTracker {
    const isClearedForParent = this.#isSupported && isStopped && this.#isLastClear(parent.link);
    this.#choice = chooseTracker(this.#wish, { isSupported: this.#isSupported, isStopped, isClearedForParent });
    if (this.#choice.backend === 'soft-dirty') return softDirtyTracker(pagemap, this.#isExact);
    return this.#choice.backend === 'none' ? NO_TRACKER : DIGEST_TRACKER;
  }

  #isLastClear({ id }: ParentLink): boolean {
    try {
      return lastClear(this.#target, placesFor(this.#target))?.id === hexOf(id);
    } catch {
      // what cannot be read is not believed
      return false;
    }
  }

  #count({ mm }: Task): void {
    this.#pages = { own: 0, parent: 0 };
    for (const { pages, parentPages } of mm?.vmas ?? []) {
      this.#pages.own += pages.totalPages;
      this.#pages.parent += parentPages?.totalPages ?? 0;
    }
  }
}

/** What a process is when its changes are looked for. */
export interface LeaveNow {
  /** What the offsets of the pages of the task point into. */
  readonly now: ByteSource;
  readonly pagemap: Pagemap;
  readonly isStopped: boolean;
  readonly signal: AbortSignal | undefined;
}

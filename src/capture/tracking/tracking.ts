import type { ByteSource } from '../../format/bytes/source.js';
import { UsageError } from '../../format/errors.js';
import type { Image, ParentLink, Task, Vma } from '../../format/model/image.js';
import type { Hold } from '../hold.js';
import type { Target } from '../identity.js';
import { countPages } from '../page-counts.js';
import { PageComparer } from './byte-compare.js';
import { refuseUnsupported, wantsSoftDirty, type TrackWish } from './choose.js';
import { forgetEnded } from './clear-registry.js';
import { copyInImage } from './earlier-copy.js';
import { leaveToParent } from './leave-to-parent.js';
import { hasSoftDirty } from './soft-dirty.js';
import { TrackedProcess, type ProcessTracking, type TrackingWish } from './tracked-process.js';
import { DIGEST_TRACKER, NO_TRACKER, bitsAlone, softDirtyTracker } from './trackers.js';
import { TRACKERS, type ChangeTracker } from './verdict.js';

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

/** What tracking did: in one process, or of several what the least able of the backends is and whether it is so in all. */
export interface TrackingStats extends Omit<ProcessTracking, 'pid'> {
  readonly isExact: boolean;
  /** What is shared counts once, like below. */
  readonly ownPages: number;
  readonly parentPages: number;
  /** Pages whose bytes were compared. */
  readonly comparedPages: number;
  /** In each; absent of a single process. */
  readonly processes?: readonly ProcessTracking[];
}

/** What processes are when their changes are looked for. */
export interface LeaveNow {
  /** What the offsets of the pages of the tasks point into. */
  readonly now: ByteSource;
  readonly holds: readonly Hold[];
  readonly isStopped: boolean;
  readonly signal: AbortSignal | undefined;
}

function vmasOf(tasks: readonly Task[]): readonly Vma[] {
  return tasks.flatMap(({ mm }) => mm?.vmas ?? []);
}

/** Of several processes in one: where they differ, what there is to be said against it. */
function together(processes: readonly ProcessTracking[]): Omit<ProcessTracking, 'pid'> {
  const rank = ({ backend }: ProcessTracking): number => (backend === null ? -1 : TRACKERS.indexOf(backend));
  const least = [...processes].sort((a, b) => rank(b) - rank(a))[0];
  return {
    backend: least?.backend ?? null,
    reason: least?.reason ?? null,
    isCleared: processes.every(({ isCleared }) => isCleared),
    clearReason: processes.find(({ clearReason }) => clearReason !== null)?.clearReason ?? null,
  };
}

/** Finds out what has changed in processes since their parent image, and makes that possible for the next one. */
export class Tracking {
  readonly #parent: ParentImage | undefined;
  readonly #wish: TrackingWish;
  readonly #isExact: boolean;
  /** By what they are told apart by: a pid may be used again, or execute another program. */
  readonly #processes = new Map<Target, TrackedProcess>();
  #comparedPages = 0;
  #pages = { own: 0, parent: 0 };

  /** @throws {UsageError} for soft-dirty where there is none */
  constructor({ parent, track = 'auto', isExact = false }: TrackOptions) {
    const isWanted = wantsSoftDirty(track);
    const hasBits = isWanted && hasSoftDirty();
    refuseUnsupported(track, hasBits);
    if (hasBits) forgetEnded();
    const clearReason = isWanted && !hasBits ? 'this kernel keeps no soft-dirty bits' : undefined;
    this.#wish = { wish: track, hasBits, clearReason };
    this.#isExact = isExact;
    this.#parent = parent;
  }

  get link(): ParentLink | undefined {
    return this.#parent?.link;
  }

  /** @throws {UsageError} `BAD_ARGUMENT` for a parent that has none of the processes */
  checkParent(pids: readonly number[]): void {
    if (!this.#parent || this.#parent.image.tasks.some(({ pid }) => pids.includes(pid))) return;
    const which = pids.length === 1 ? `no process ${pids.join()}` : `none of the processes ${pids.join(', ')}`;
    throw new UsageError('BAD_ARGUMENT', { what: `the parent has ${which}` });
  }

  /** Opens what is needed of processes, but for those that it knows; others are not tracked any more. */
  watch(holds: readonly Hold[]): void {
    const targets = new Set(holds.map(({ target }) => target));
    for (const [target, tracked] of this.#processes) {
      if (targets.has(target)) continue;
      tracked.close();
      this.#processes.delete(target);
    }
    for (const target of targets)
      if (!this.#processes.has(target)) this.#processes.set(target, new TrackedProcess(target, this.#wish));
  }

  /** Whether there is a parent, and bits that may tell what has changed since. */
  get believesBits(): boolean {
    return this.#parent !== undefined && this.#wish.hasBits;
  }

  /** Does what `leaveToParent` does by bits, and leaves it at that: no bytes are compared. */
  async rehearse(tasks: readonly Task[], { now, holds, signal }: LeaveNow): Promise<void> {
    const parent = this.#parent?.image;
    if (!parent) return;
    const trackers = new Map(holds.map(({ target, pagemap }) => [target.pid, bitsAlone(pagemap)]));
    const trackerOf = (pid: number): ChangeTracker => trackers.get(pid) ?? NO_TRACKER;
    await leaveToParent(tasks, { parent, now, comparer: new PageComparer(signal), trackerOf });
  }

  /** The tasks without what the parent has of them as they are now. Of processes that are stopped. */
  async leaveToParent(tasks: readonly Task[], { now, holds, isStopped, signal }: LeaveNow): Promise<readonly Task[]> {
    const parent = this.#parent;
    if (!parent) {
      this.#pages = countPages(vmasOf(tasks));
      return tasks;
    }
    const comparer = new PageComparer(signal);
    const trackers = new Map(holds.map((hold) => [hold.target.pid, this.#trackerOf(hold, parent, isStopped)]));
    const trackerOf = (pid: number): ChangeTracker => trackers.get(pid) ?? DIGEST_TRACKER;
    const left = await leaveToParent(tasks, { parent: parent.image, now, comparer, trackerOf });
    this.#comparedPages = comparer.comparedPages;
    this.#pages = countPages(vmasOf(left));
    return left;
  }

  get stats(): TrackingStats {
    const processes = [...this.#processes.values()].map(({ stats }) => stats);
    const { backend, reason, isCleared, clearReason } = together(processes);
    return {
      backend,
      reason,
      isExact: this.#isExact,
      ownPages: this.#pages.own,
      parentPages: this.#pages.parent,
      comparedPages: this.#comparedPages,
      isCleared,
      clearReason,
      ...(processes.length > 1 && { processes }),
    };
  }

  /** Clears the bits of all, while all of them stand still. Every image before is useless to them from here on. */
  clear(): void {
    for (const process of this.#processes.values()) process.clear();
  }

  /** Notes which image the clearing belongs to, once that is safe on disk. */
  remember(id: Uint8Array): void {
    for (const process of this.#processes.values()) process.remember(id);
  }

  close(): void {
    this.watch([]);
  }

  #trackerOf({ target, pagemap }: Hold, { image, link }: ParentImage, isStopped: boolean): ChangeTracker {
    const tracked = this.#processes.get(target);
    // one that the parent does not have is captured whole, whatever its bits say
    if (!tracked || !copyInImage(image, target.pid)) return DIGEST_TRACKER;
    const backend = tracked.choose(link, isStopped);
    if (backend === 'soft-dirty') return softDirtyTracker(pagemap, this.#isExact);
    return backend === 'none' ? NO_TRACKER : DIGEST_TRACKER;
  }
}

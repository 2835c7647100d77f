import { IoError } from '../format/errors.js';
import type { Task, Vma } from '../format/model/image.js';
import type { Target } from './identity.js';
import type { Pagemap } from './pagemap.js';
import { defaultPauseBudget } from './pause-budget.js';
import { copyRunning, copyStopped, planRound, type Copier, type Observed, type RoundPlan } from './precopy-round.js';
import { PageStore } from './precopy-store.js';
import { noteClear, placesFor } from './tracking/clear-registry.js';
import { BitClearer, hasSoftDirty } from './tracking/soft-dirty.js';
import { DIGEST_TRACKER, softDirtyTracker } from './tracking/trackers.js';
import { VERDICT, type ChangeTracker, type TrackerName } from './tracking/verdict.js';

/** By comparing bytes all of the memory is read in the stop anyway: more rounds make it no shorter. */
const DEFAULT_ROUNDS: Readonly<Record<TrackerName, number>> = { 'soft-dirty': 4, digest: 1, none: 1 };
/** 4 MiB are copied in about the time that a process takes to stop. */
const DEFAULT_UNTIL_PAGES = 1024;
/** A round that leaves more than this part of what the one before had is the last: the process writes as fast as we copy. */
const WORTH_FRACTION = 0.75;
/** Room for what a process gains while it is copied. */
const SLACK_BYTES = 32 * 1024 * 1024;

export interface PreCopyOptions {
  /** How often to copy while the process runs, at most. Default 4 with soft-dirty bits, else once. */
  readonly rounds?: number | undefined;
  /** Stop the process as soon as no more pages than these are left to be copied. Default 1024. */
  readonly untilPages?: number | undefined;
  /** How much of the copy is held in memory; the rest is in a temporary file. Default half of what is free. */
  readonly memoryBytes?: number | undefined;
}

/** One copying while the process ran. */
export interface PreCopyRound {
  readonly pages: number;
  readonly durationNs: number;
  /** How long the process stood still to have its bits read and cleared together; 0 for the first round. */
  readonly stoppedNs: number;
}

/** What pre-copying took. */
export interface PreCopyStats {
  readonly backend: TrackerName;
  /** Why it is not soft-dirty. */
  readonly reason: string | null;
  readonly rounds: readonly PreCopyRound[];
  /** Pages copied while it stood still. */
  readonly finalPages: number;
  /** Bytes of the copy that were not held in memory. */
  readonly spooledBytes: number;
}

/** What can be done to the process from outside. */
export interface PreCopyTarget {
  readonly target: Target;
  readonly pagemap: Pagemap;
  readonly signal: AbortSignal | undefined;
  /** Its mappings and the pages that they have, now. */
  readonly observe: () => Observed;
  /** Stops it; what is given back lets it run on, and says how long it stood still. */
  readonly stop: () => () => number;
}

/** A round before anything is copied. */
interface PlannedRound {
  readonly now: Observed;
  readonly plan: RoundPlan;
  readonly stoppedNs: number;
}

/** Who tells what was written since a round, or why bytes are compared instead. */
type Bits = { readonly clearer: BitClearer } | { readonly reason: string };

function openBits(target: Target): Bits {
  if (!hasSoftDirty()) return { reason: 'this kernel keeps no soft-dirty bits' };
  const clearer = BitClearer.open(target.pid);
  return typeof clearer === 'string' ? { reason: clearer } : { clearer };
}

/** Clears the bits, after all images that rely on them were made useless. @throws {IoError}, what the system says */
function clearBits(target: Target, clearer: BitClearer): void {
  const isNoted = noteClear(target, placesFor(target), { clearedNs: process.hrtime.bigint(), id: '' });
  if (!isNoted)
    throw new IoError('WRITE_FAILED', { what: 'there is no directory to note the clearing of soft-dirty bits in' });
  clearer.clear();
}

/** Copies a process while it runs, and then, when it stands still, what has changed since: the copy is of that moment. */
export class PreCopy {
  readonly store: PageStore;
  readonly #of: PreCopyTarget;
  readonly #options: PreCopyOptions;
  readonly #tracker: ChangeTracker;
  #bits: Bits;
  readonly #rounds: PreCopyRound[] = [];
  #copied: readonly Vma[] = [];
  #finalPages = 0;

  constructor(of: PreCopyTarget, options: PreCopyOptions) {
    this.#of = of;
    this.#options = options;
    this.store = new PageStore(
      `the copy of process ${String(of.target.pid)}`,
      options.memoryBytes ?? defaultPauseBudget(),
    );
    this.#bits = openBits(of.target);
    // everything that was written from here on has its bit set
    if ('clearer' in this.#bits) this.#clearFirst(this.#bits.clearer);
    this.#tracker = 'clearer' in this.#bits ? softDirtyTracker(of.pagemap, false) : DIGEST_TRACKER;
  }

  /** Copies all that there is, and again what was written meanwhile, until that is little. */
  async run(): Promise<void> {
    const { rounds = DEFAULT_ROUNDS[this.#tracker.name], untilPages = DEFAULT_UNTIL_PAGES } = this.#options;
    let before = await this.#round();
    while (this.#rounds.length < rounds) {
      const left = this.#pagesLeft();
      if (left !== undefined && (left <= untilPages || left > before * WORTH_FRACTION)) break;
      before = await this.#round();
    }
    this.store.prepare(SLACK_BYTES);
  }

  /**
   * The task with its contents in the store.
   *
   * @param contents  what its pages are read from; it stands still since they were found
   */
  async finish(task: Task, contents: Observed['contents']): Promise<Task> {
    if (!task.mm) return task;
    const now = { vmas: task.mm.vmas, contents };
    const plan = await this.#plan(now);
    await copyStopped(plan, now, this.#copier);
    this.#finalPages = plan.pages;
    return { ...task, mm: { ...task.mm, vmas: plan.vmas } };
  }

  get stats(): PreCopyStats {
    return {
      backend: this.#tracker.name,
      reason: 'reason' in this.#bits ? this.#bits.reason : null,
      rounds: this.#rounds,
      finalPages: this.#finalPages,
      spooledBytes: this.store.spooledBytes,
    };
  }

  async close(): Promise<void> {
    if ('clearer' in this.#bits) this.#bits.clearer.close();
    await this.store.close();
  }

  get #copier(): Copier {
    return { store: this.store, signal: this.#of.signal };
  }

  #clearFirst(clearer: BitClearer): void {
    try {
      clearBits(this.#of.target, clearer);
    } catch (error) {
      clearer.close();
      this.#bits = { reason: error instanceof Error ? error.message : String(error) };
    }
  }

  #plan(now: Observed): Promise<RoundPlan> {
    return planRound(now, this.#copied, this.#tracker, this.#copier);
  }

  /** Copies once; returns how many pages. */
  async #round(): Promise<number> {
    const started = performance.now();
    const { plan, now, stoppedNs } = await this.#planRound();
    this.#copied = await copyRunning(plan, now, this.#copier);
    const durationNs = Math.round((performance.now() - started) * 1e6);
    this.#rounds.push({ pages: plan.pages, durationNs, stoppedNs });
    return plan.pages;
  }

  async #planRound(): Promise<PlannedRound> {
    const isFirst = this.#rounds.length === 0;
    if (isFirst || 'reason' in this.#bits) {
      const now = this.#of.observe();
      return { now, plan: await this.#plan(now), stoppedNs: 0 };
    }
    // between reading the bits and clearing them nothing may be written: it would never be copied
    const resume = this.#of.stop();
    let planned: Omit<PlannedRound, 'stoppedNs'>;
    try {
      const now = this.#of.observe();
      planned = { now, plan: await this.#plan(now) };
      clearBits(this.#of.target, this.#bits.clearer);
    } catch (error) {
      resume();
      throw error;
    }
    return { ...planned, stoppedNs: resume() };
  }

  /** About how many pages were written since the last round; undefined where only comparing could tell. Shared memory is compared in any case. */
  #pagesLeft(): number | undefined {
    if ('reason' in this.#bits) return undefined;
    let left = 0;
    for (const vma of this.#of.observe().vmas.filter(({ shared }) => !shared))
      this.#tracker.judge(vma, (verdict, _vpn, nrPages) => {
        if (verdict !== VERDICT.same) left += nrPages;
      });
    return left;
  }
}

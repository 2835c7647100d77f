import type { AddressSpace, Task } from '../format/model/image.js';
import type { Hold } from './hold.js';
import { defaultPauseBudget } from './pause-budget.js';
import { PreCopyBits } from './precopy-bits.js';
import { copyRunning, copyStopped, forgiving } from './precopy-copy.js';
import { planRound, type Before, type Copier, type Observed, type RoundPlan } from './precopy-round.js';
import { PageStore } from './precopy-store.js';
import { VERDICT, type TrackerName } from './tracking/verdict.js';

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

/** One copying while the processes ran. */
export interface PreCopyRound {
  readonly pages: number;
  readonly durationNs: number;
  /** How long they stood still to have their bits read and cleared together; 0 for the first round. */
  readonly stoppedNs: number;
}

/** What pre-copying took. */
export interface PreCopyStats {
  readonly backend: TrackerName;
  /** Why it is not soft-dirty, or not in all of them. */
  readonly reason: string | null;
  readonly rounds: readonly PreCopyRound[];
  /** Pages copied while they stood still at last. */
  readonly finalPages: number;
  /** Bytes of the copy that were not held in memory. */
  readonly spooledBytes: number;
}

/** What can be done from outside to the processes that are copied. */
export interface PreCopySubject {
  /** For messages. */
  readonly name: string;
  /** Those that are there now. */
  readonly holds: () => readonly Hold[];
  readonly signal: AbortSignal | undefined;
  /** Their mappings and the pages that they have, now. */
  readonly observe: () => Observed;
  /** Stops them; what is given back lets them run on, and says how long they stood still. */
  readonly stop: () => () => number;
  /** Whether an error says no more than that a process is gone which need not be copied. */
  readonly isMissed: (error: unknown) => boolean;
}

/** A round before anything is copied. */
interface PlannedRound {
  readonly now: Observed;
  readonly plan: RoundPlan;
  readonly stoppedNs: number;
}

/** What was copied, and of whom: a pid may be used again, or execute another program. */
interface Copied {
  readonly spaces: ReadonlyMap<number, AddressSpace>;
  readonly holds: ReadonlySet<Hold>;
}

function copiedOf(tasks: readonly Task[], holds: readonly Hold[]): Copied {
  const spaces = new Map(tasks.flatMap(({ pid, mm }) => (mm ? [[pid, mm] as const] : [])));
  return { spaces, holds: new Set(holds) };
}

/** Copies processes while they run, and then, when they stand still, what has changed since: the copy is of that moment. */
export class PreCopy {
  readonly store: PageStore;
  readonly #of: PreCopySubject;
  readonly #options: PreCopyOptions;
  readonly #bits: PreCopyBits;
  readonly #rounds: PreCopyRound[] = [];
  #copied = copiedOf([], []);
  #finalPages = 0;

  constructor(of: PreCopySubject, options: PreCopyOptions) {
    this.#of = of;
    this.#options = options;
    this.store = new PageStore(`the copy of ${of.name}`, options.memoryBytes ?? defaultPauseBudget());
    // everything that was written from here on has its bit set
    this.#bits = new PreCopyBits(of.holds());
  }

  /** Copies all that there is, and again what was written meanwhile, until that is little. */
  async run(): Promise<void> {
    const { rounds = DEFAULT_ROUNDS[this.#bits.backend], untilPages = DEFAULT_UNTIL_PAGES } = this.#options;
    let before = await this.#round();
    while (this.#rounds.length < rounds) {
      const left = this.#pagesLeft();
      if (left !== undefined && (left <= untilPages || left > before * WORTH_FRACTION)) break;
      before = await this.#round();
    }
    this.store.prepare(SLACK_BYTES);
  }

  /** The tasks with their contents in the store. @param now  they stand still since they were looked at */
  async finish(now: Observed): Promise<readonly Task[]> {
    const plan = await this.#plan(now);
    await copyStopped(plan, now, this.#copier);
    this.#finalPages = plan.pages;
    return plan.tasks;
  }

  get stats(): PreCopyStats {
    return {
      backend: this.#bits.backend,
      reason: this.#bits.reason,
      rounds: this.#rounds,
      finalPages: this.#finalPages,
      spooledBytes: this.store.spooledBytes,
    };
  }

  async close(): Promise<void> {
    this.#bits.close();
    await this.store.close();
  }

  get #copier(): Copier {
    return { store: this.store, signal: this.#of.signal };
  }

  #plan(now: Observed): Promise<RoundPlan> {
    const { spaces, holds: copied } = this.#copied;
    const holds = new Map(this.#of.holds().map((hold) => [hold.target.pid, hold]));
    const isCopied = (pid: number): boolean => {
      const hold = holds.get(pid);
      return hold !== undefined && copied.has(hold);
    };
    const before: Before = {
      copyOf: (pid) => (isCopied(pid) ? spaces.get(pid) : undefined),
      trackerOf: (pid) => this.#bits.trackerOf(holds.get(pid)),
    };
    return planRound(now, before, this.#copier);
  }

  /** Copies once; returns how many pages. */
  async #round(): Promise<number> {
    const started = performance.now();
    const { plan, now, stoppedNs } = await this.#planRound();
    const holds = this.#of.holds();
    const { isMissed } = this.#of;
    this.#copied = copiedOf(await copyRunning(plan, now, { ...this.#copier, isMissed }), holds);
    const durationNs = Math.round((performance.now() - started) * 1e6);
    this.#rounds.push({ pages: plan.pages, durationNs, stoppedNs });
    return plan.pages;
  }

  async #planRound(): Promise<PlannedRound> {
    const isFirst = this.#rounds.length === 0;
    if (isFirst || !this.#bits.hasAny) {
      const now = this.#of.observe();
      return { now, plan: await this.#plan(forgiving(now, this.#of.isMissed)), stoppedNs: 0 };
    }
    // between reading the bits and clearing them nothing may be written: it would never be copied
    const resume = this.#of.stop();
    let planned: Omit<PlannedRound, 'stoppedNs'>;
    try {
      const now = this.#of.observe();
      planned = { now, plan: await this.#plan(now) };
      this.#bits.clear(this.#of.holds());
    } catch (error) {
      resume();
      throw error;
    }
    return { ...planned, stoppedNs: resume() };
  }

  /** About how many pages were written since the last round; undefined where only comparing could tell. What has no bits is compared in any case. */
  #pagesLeft(): number | undefined {
    if (this.#bits.backend !== 'soft-dirty') return undefined;
    const { tasks } = this.#of.observe();
    const holds = new Map(this.#of.holds().map((hold) => [hold.target.pid, hold]));
    return tasks.reduce((left, task) => left + this.#writtenIn(task, holds.get(task.pid)), 0);
  }

  #writtenIn({ mm }: Task, hold: Hold | undefined): number {
    const tracker = this.#bits.trackerOf(hold);
    let written = 0;
    try {
      for (const vma of mm?.vmas.filter(({ shared }) => !shared) ?? [])
        tracker.judge(vma, (verdict, _vpn, nrPages) => {
          if (verdict === VERDICT.own) written += nrPages;
        });
    } catch (error) {
      if (!this.#of.isMissed(error)) throw error;
    }
    return written;
  }
}

import type { ByteSource } from '../format/bytes/source.js';
import { CaptureError } from '../format/errors.js';
import type { CaptureFacts, Image, ImageFormat, ImageHeader, Note, ParentLink, Task } from '../format/model/image.js';
import { countKinds, type CaptureStats, type KindStats } from './capture-stats.js';
import type { Freeze } from './freeze.js';
import type { Guard } from './guard.js';
import type { Target } from './identity.js';
import type { ProcessMemory } from './memory.js';
import type { Pagemap } from './pagemap.js';
import type { BudgetRoom, PauseBudget } from './pause-budget.js';
import type { PreCopy } from './precopy.js';
import { readExecutable, readStat } from './target.js';
import type { Tracking } from './tracking/tracking.js';

const LIVE: ImageFormat = { family: 'process', revision: 'live', covers: 'live', wordBytes: 8, decidedBy: [] };

/** What a capture holds of a process, to be let go in the end. */
export interface Hold {
  readonly target: Target;
  /** The program that it ran at the start. */
  readonly executable: string;
  readonly memory: ProcessMemory;
  readonly pagemap: Pagemap;
  readonly guard: Guard | undefined;
  readonly freeze: Freeze | undefined;
  /** Where contents are to be held while it stands still, if that is wanted. */
  readonly room: BudgetRoom | undefined;
  /** What finds its changes, if that is wanted. */
  readonly tracking?: Tracking | undefined;
  /** What copied it before it was stopped, if that is wanted. */
  readonly preCopy?: PreCopy | undefined;
}

/** Where contents are read from, if not from the process. */
export interface Kept {
  readonly held: ByteSource | undefined;
  readonly budget?: PauseBudget | undefined;
}

/**
 * Checks that nothing disturbed the capture and lets the process run on, also when the check fails.
 *
 * @throws {CaptureError} `TARGET_RAN`, `TARGET_ENDED`, `TARGET_EXECED`
 */
export function releaseHold({ target, memory, freeze, executable, tracking }: Hold): void {
  try {
    readStat(target);
    memory.checkAlive();
    freeze?.checkUndisturbed();
    if (readExecutable(target) !== executable)
      throw new CaptureError('TARGET_EXECED', { what: `process ${String(target.pid)} executed another program` });
    // who runs on meanwhile may write what was read already
    if (freeze) tracking?.clear();
  } finally {
    freeze?.resume();
  }
}

/** Lets the process run on and closes everything. Never throws because the process is gone. */
export async function letGoOf(hold: Hold): Promise<void> {
  hold.freeze?.resume();
  hold.guard?.dismiss();
  hold.pagemap.close();
  hold.tracking?.close();
  await hold.preCopy?.close();
  // they read from the descriptor that is closed next
  await hold.room?.team?.end();
  await hold.memory.close();
}

/**
 * A live process as an image. Everything but page contents was read when it was made; contents are read from the process
 * itself, or from what was held of it, at offsets that are its virtual addresses. Close it, or the process stays stopped until we end.
 */
export class ProcessImage implements Image {
  readonly name: string;
  readonly format = LIVE;
  readonly header: ImageHeader;
  readonly tasks: readonly [Task];
  readonly notes: readonly Note[] = [];
  readonly #hold: Hold;
  readonly #kinds: readonly KindStats[];
  readonly #holding: Kept | undefined;
  #isReleased: boolean;
  #isClosed = false;

  /** @param isReleased  whether the process runs on already: all contents are held */
  constructor(hold: Hold, header: ImageHeader, task: Task, holding?: Kept, isReleased = false) {
    this.#isReleased = isReleased;
    this.name = `pid:${String(task.pid)}`;
    this.header = header;
    this.tasks = [task];
    this.#hold = hold;
    this.#holding = holding;
    this.#kinds = countKinds(task.mm?.vmas ?? []);
  }

  get contents(): ByteSource {
    return this.#holding?.held ?? this.#hold.memory;
  }

  get parent(): ParentLink | undefined {
    return this.#hold.tracking?.parent?.link;
  }

  /** What is to be kept of how this was taken: numbers, texts, null. */
  get capture(): CaptureFacts | undefined {
    const { tracking, preCopy, stoppedNs } = this.stats;
    if (!tracking && !preCopy) return undefined;
    return { stoppedNs: stoppedNs ?? null, ...(tracking && { tracking }), ...(preCopy && { preCopy }) };
  }

  get stats(): CaptureStats {
    const { freeze, tracking, preCopy } = this.#hold;
    return {
      stoppedNs: freeze?.stoppedNs,
      wasStopped: freeze?.wasStopped ?? false,
      kinds: this.#kinds,
      pauseBudget: this.#holding?.budget,
      tracking: tracking?.stats,
      preCopy: preCopy?.stats,
    };
  }

  /**
   * To be told which image this has become, when that is safe on disk, by the identity that its index gives it: the next
   * capture can then find changes without comparing. Does nothing if the soft-dirty bits were not cleared for it.
   */
  savedAs(id: Uint8Array): void {
    this.#hold.tracking?.remember(id);
  }

  /**
   * Checks that nothing disturbed the capture and lets the process run on, also when the check fails. Contents read
   * later are no longer those of the same moment. Does nothing the second time.
   *
   * @throws {CaptureError} `TARGET_RAN`, `TARGET_ENDED`, `TARGET_EXECED`
   */
  release(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#isReleased) this.#release();
      resolve();
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isReleased = true;
    await this.#holding?.held?.close();
    await letGoOf(this.#hold);
  }

  #release(): void {
    this.#isReleased = true;
    releaseHold(this.#hold);
  }
}

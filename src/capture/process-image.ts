import type { ByteSource } from '../format/bytes/source.js';
import { CaptureError } from '../format/errors.js';
import type { CaptureFacts, Image, ImageFormat, ImageHeader, Note, ParentLink, Task } from '../format/model/image.js';
import { countKinds, type CaptureStats, type FreezeWay, type KindStats } from './capture-stats.js';
import type { ContentsPolicy } from './contents-policy.js';
import type { Described } from './described.js';
import type { Freeze } from './freeze.js';
import type { Guard } from './guard.js';
import type { Target } from './identity.js';
import type { ProcessMemory } from './memory.js';
import type { Pagemap } from './pagemap.js';
import { noteOfPartial, type PartialCapture } from './partial.js';
import type { BudgetRoom, PauseBudget } from './pause-budget.js';
import type { PreCopy } from './precopy.js';
import type { SharedFile } from './shared-file.js';
import { readExecutable, readStat } from './target.js';
import type { Tracking } from './tracking/tracking.js';

/** As what live processes are described. */
export const LIVE: ImageFormat = { family: 'process', revision: 'live', covers: 'live', wordBytes: 8, decidedBy: [] };

/** What a capture holds of a process, to be let go in the end. */
export interface Hold {
  readonly target: Target;
  /** The program that it ran at the start. */
  readonly executable: string;
  readonly memory: ProcessMemory;
  readonly pagemap: Pagemap;
  /** What is captured of each mapping. */
  readonly policy: ContentsPolicy;
  readonly guard: Guard | undefined;
  readonly freeze: Freeze | undefined;
  /** Shared objects that contents are read from; more may be added. */
  readonly files: SharedFile[];
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
  readonly partial?: PartialCapture | undefined;
}

/** Lets the process run on and closes everything. Never throws because the process is gone. */
export async function letGoOf(hold: Hold): Promise<void> {
  hold.freeze?.resume();
  hold.guard?.dismiss();
  hold.pagemap.close();
  for (const file of hold.files.splice(0)) file.close();
  hold.tracking?.close();
  await hold.preCopy?.close();
  // they read from the descriptor that is closed next
  await hold.room?.team?.end();
  await hold.memory.close();
}

/** By what processes were stopped; undefined if we stopped nobody. */
export function wayOf(freeze: Freeze | undefined): FreezeWay | undefined {
  return freeze?.method && { method: freeze.method, fallbackReason: freeze.fallbackReason };
}

/**
 * Checks that a process is still what it was when it was opened.
 *
 * @throws {CaptureError} `TARGET_ENDED`, `TARGET_EXECED`
 */
export function checkSame({ target, memory, executable }: Hold): void {
  readStat(target);
  memory.checkAlive();
  if (readExecutable(target) === executable) return;
  throw new CaptureError('TARGET_EXECED', { what: `process ${String(target.pid)} executed another program` });
}

/**
 * Checks that nothing disturbed the capture and lets the process run on, also when the check fails.
 *
 * @throws {CaptureError} `TARGET_RAN`, `TARGET_ENDED`, `TARGET_EXECED`, `DEADLINE`
 */
export function releaseHold(hold: Hold): void {
  const { freeze, tracking } = hold;
  try {
    checkSame(hold);
    freeze?.checkUndisturbed();
    // who runs on meanwhile may write what was read already
    if (freeze) tracking?.clear();
  } finally {
    freeze?.resume();
  }
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
  readonly notes: readonly Note[];
  readonly #hold: Hold;
  readonly #described: Described;
  readonly #kinds: readonly KindStats[];
  readonly #holding: Kept | undefined;
  #isReleased: boolean;
  #isClosed = false;

  /** @param isReleased  whether the process runs on already: all contents are held */
  constructor(hold: Hold, header: ImageHeader, described: Described, holding?: Kept, isReleased = false) {
    const [task] = described.tasks;
    this.name = `pid:${String(task.pid)}`;
    this.header = header;
    this.tasks = [task];
    this.notes = holding?.partial ? [noteOfPartial(holding.partial)] : [];
    // it was let go when the time was over
    this.#isReleased = isReleased || holding?.partial !== undefined;
    this.#hold = hold;
    this.#described = described;
    this.#holding = holding;
    this.#kinds = countKinds(task.mm?.vmas ?? [], hold.policy.kinds);
  }

  get contents(): ByteSource {
    return this.#holding?.held ?? this.#described.contents;
  }

  get parent(): ParentLink | undefined {
    return this.#hold.tracking?.parent?.link;
  }

  /** What is to be kept of how this was taken: numbers, texts, null. */
  get capture(): CaptureFacts | undefined {
    const { tracking, preCopy, partial, stoppedNs } = this.stats;
    if (!tracking && !preCopy && !partial) return undefined;
    const facts = { stoppedNs: stoppedNs ?? null, ...(tracking && { tracking }), ...(preCopy && { preCopy }) };
    if (!partial) return facts;
    const { missingPages, missingBytes } = partial;
    return { ...facts, partial: { missingPages, missingBytes } };
  }

  get stats(): CaptureStats {
    const { freeze, tracking, preCopy } = this.#hold;
    return {
      stoppedNs: freeze?.stoppedNs,
      wasStopped: freeze?.wasStopped ?? false,
      freeze: wayOf(freeze),
      kinds: this.#kinds,
      unmatched: this.#hold.policy.unmatched(),
      pauseBudget: this.#holding?.budget,
      partial: this.#holding?.partial,
      warnings: this.#described.warnings,
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

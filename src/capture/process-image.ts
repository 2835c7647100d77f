import type { ByteSource } from '../format/bytes/source.js';
import { CaptureError } from '../format/errors.js';
import type { Image, ImageFormat, ImageHeader, Note, Task } from '../format/model/image.js';
import { countKinds, type CaptureStats, type KindStats } from './capture-stats.js';
import type { ContentsPolicy } from './contents-policy.js';
import type { Freeze } from './freeze.js';
import type { Guard } from './guard.js';
import type { Target } from './identity.js';
import type { ProcessMemory } from './memory.js';
import type { Pagemap } from './pagemap.js';
import type { BudgetRoom, Holding } from './pause-budget.js';
import { readExecutable, readStat } from './target.js';

const LIVE: ImageFormat = { family: 'process', revision: 'live', covers: 'live', wordBytes: 8, decidedBy: [] };

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
  /** Where contents are to be held while it stands still, if that is wanted. */
  readonly room: BudgetRoom | undefined;
}

/** Lets the process run on and closes everything. Never throws because the process is gone. */
export async function letGoOf(hold: Hold): Promise<void> {
  hold.freeze?.resume();
  hold.guard?.dismiss();
  hold.pagemap.close();
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
  readonly #holding: Holding | undefined;
  #isReleased = false;
  #isClosed = false;

  constructor(hold: Hold, header: ImageHeader, task: Task, holding?: Holding) {
    this.name = `pid:${String(task.pid)}`;
    this.header = header;
    this.tasks = [task];
    this.#hold = hold;
    this.#holding = holding;
    this.#kinds = countKinds(task.mm?.vmas ?? [], hold.policy.kinds);
  }

  get contents(): ByteSource {
    return this.#holding?.held ?? this.#hold.memory;
  }

  get stats(): CaptureStats {
    const { freeze } = this.#hold;
    const pauseBudget = this.#holding?.budget;
    const unmatched = this.#hold.policy.unmatched();
    const stopped = { stoppedNs: freeze?.stoppedNs, wasStopped: freeze?.wasStopped ?? false };
    return { ...stopped, kinds: this.#kinds, unmatched, pauseBudget };
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
    const { target, memory, freeze, executable } = this.#hold;
    try {
      readStat(target);
      memory.checkAlive();
      freeze?.checkUndisturbed();
      if (readExecutable(target) === executable) return;
      throw new CaptureError('TARGET_EXECED', { what: `process ${String(target.pid)} executed another program` });
    } finally {
      freeze?.resume();
    }
  }
}

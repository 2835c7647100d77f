import type { ByteSource } from '../format/bytes/source.js';
import type { Image, ImageHeader, Note, Task } from '../format/model/image.js';
import { countKinds, type CaptureStats } from './capture-stats.js';
import type { Described } from './described.js';
import type { Freeze } from './freeze.js';
import { LIVE, checkSame, letGoOf, wayOf, type Hold } from './process-image.js';

/** Several live processes as an image. Close it, or they stay stopped until we end. */
export class TreeImage implements Image {
  readonly name: string;
  readonly format = LIVE;
  readonly header: ImageHeader;
  readonly tasks: readonly [Task, ...Task[]];
  readonly contents: ByteSource;
  readonly notes: readonly Note[] = [];
  readonly #holds: readonly Hold[];
  readonly #warnings: readonly string[];
  readonly #pauseBudgetBytes: number | undefined;
  #isReleased = false;
  #isClosed = false;

  constructor(holds: readonly Hold[], header: ImageHeader, described: Described, pauseBudgetBytes?: number) {
    const { tasks, contents, warnings } = described;
    const more = tasks.length === 1 ? '' : ` and ${String(tasks.length - 1)} more`;
    this.name = `pid:${String(tasks[0].pid)}${more}`;
    this.header = header;
    this.tasks = tasks;
    this.contents = contents;
    this.#holds = holds;
    this.#warnings = warnings;
    this.#pauseBudgetBytes = pauseBudgetBytes;
  }

  get stats(): CaptureStats {
    const freeze = this.#freeze;
    // all hold the same
    const policy = this.#holds[0]?.policy;
    const limitBytes = this.#pauseBudgetBytes;
    const reason = 'several processes are written while they stand still';
    return {
      stoppedNs: freeze?.stoppedNs,
      wasStopped: freeze?.wasStopped ?? false,
      freeze: wayOf(freeze),
      kinds: countKinds(
        this.tasks.flatMap(({ mm }) => mm?.vmas ?? []),
        policy?.kinds,
      ),
      unmatched: policy?.unmatched() ?? [],
      pauseBudget: limitBytes === undefined ? undefined : { limitBytes, heldBytes: null, reason },
      partial: undefined,
      tracking: undefined,
      preCopy: undefined,
      warnings: this.#warnings,
    };
  }

  /**
   * Checks that nothing disturbed the capture and lets all processes run on, also when the check fails. Does nothing the
   * second time.
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
    this.#freeze?.resume();
    for (const hold of this.#holds) await letGoOf(hold);
  }

  #release(): void {
    this.#isReleased = true;
    try {
      this.#holds.forEach(checkSame);
      this.#freeze?.checkUndisturbed();
    } finally {
      this.#freeze?.resume();
    }
  }

  /** All hold the same. */
  get #freeze(): Freeze | undefined {
    return this.#holds[0]?.freeze;
  }
}

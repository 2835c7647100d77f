import type { ByteSource } from '../format/bytes/source.js';
import type { CaptureFacts, Image, ImageFormat, ImageHeader, Note, ParentLink, Task } from '../format/model/image.js';
import { countKinds, type CaptureStats, type FreezeWay, type KindStats } from './capture-stats.js';
import type { Freeze } from './freeze.js';
import { noteOfPartial, type PartialCapture } from './partial.js';
import type { PauseBudget } from './pause-budget.js';
import type { Session } from './session.js';

/** As what live processes are described. */
const LIVE: ImageFormat = { family: 'process', revision: 'live', covers: 'live', wordBytes: 8, decidedBy: [] };

/** What was found of processes, and where its contents are read from. */
export interface Findings {
  readonly header: ImageHeader;
  readonly tasks: readonly [Task, ...Task[]];
  /** What may be missing, for people. */
  readonly warnings: readonly string[];
  /** The processes themselves, or what was held of them. */
  readonly contents: ByteSource;
  /** Whether contents are held, and the processes may run on. */
  readonly isHeld: boolean;
  readonly budget?: PauseBudget | undefined;
  readonly partial?: PartialCapture | undefined;
}

/** By what processes were stopped; undefined if we stopped nobody. */
function wayOf(freeze: Freeze | undefined): FreezeWay | undefined {
  return freeze?.method && { method: freeze.method, fallbackReason: freeze.fallbackReason };
}

function nameOf([first, ...others]: Findings['tasks']): string {
  const more = others.length === 0 ? '' : ` and ${String(others.length)} more`;
  return `pid:${String(first.pid)}${more}`;
}

/**
 * Live processes as an image. Everything but page contents was read when it was made; contents are read from the processes
 * themselves, or from what was held of them, those of the first at offsets that are its virtual addresses. Close it, or they
 * stay stopped until we end.
 */
export class LiveImage implements Image {
  readonly name: string;
  readonly format = LIVE;
  readonly header: ImageHeader;
  readonly tasks: readonly [Task, ...Task[]];
  readonly contents: ByteSource;
  readonly notes: readonly Note[];
  readonly #session: Session;
  readonly #findings: Findings;
  readonly #kinds: readonly KindStats[];
  #isReleased: boolean;
  #isClosed = false;

  /** @param isReleased  whether they run on already */
  constructor(session: Session, findings: Findings, isReleased: boolean) {
    const { header, tasks, contents, partial } = findings;
    this.name = nameOf(tasks);
    this.header = header;
    this.tasks = tasks;
    this.contents = contents;
    this.notes = partial ? [noteOfPartial(partial)] : [];
    this.#session = session;
    this.#findings = findings;
    this.#kinds = countKinds(
      tasks.flatMap(({ mm }) => mm?.vmas ?? []),
      session.policy.kinds,
    );
    this.#isReleased = isReleased;
  }

  get parent(): ParentLink | undefined {
    return this.#session.tracking?.link;
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
    const { freeze, tracking, preCopy, policy } = this.#session;
    const { budget, partial, warnings } = this.#findings;
    return {
      stoppedNs: freeze?.stoppedNs,
      wasStopped: freeze?.wasStopped ?? false,
      freeze: wayOf(freeze),
      kinds: this.#kinds,
      unmatched: policy.unmatched(),
      pauseBudget: budget,
      partial,
      warnings,
      tracking: tracking?.stats,
      preCopy: preCopy?.stats,
    };
  }

  /**
   * To be told which image this has become, when that is safe on disk, by the identity that its index gives it: the next
   * capture can then find changes without comparing. Does nothing where soft-dirty bits were not cleared for it.
   */
  savedAs(id: Uint8Array): void {
    this.#session.tracking?.remember(id);
  }

  /**
   * Checks that nothing disturbed the capture and lets all processes run on, also when the check fails. Contents read
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
    if (this.#findings.isHeld) await this.contents.close();
    await this.#session.close();
  }

  #release(): void {
    this.#isReleased = true;
    this.#session.release();
  }
}

import { CaptureError, UsageError } from '../format/errors.js';
import { withDescendants } from './descendants.js';
import { closeHold, openHold, type Hold } from './hold.js';

/** Why a descendant is not captured: it has ended, runs another program (and is opened anew), or is of this capture. */
const NOT_OF_THE_FAMILY: readonly string[] = ['TARGET_ENDED', 'NO_SUCH_PROCESS', 'OWN_PROCESS', 'TARGET_EXECED'];

/** What all of them give, as soon as none is under way any more. @throws what the first of them did that failed */
async function allDone<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

/** The processes of a capture, as far as they are known: one, or several, or all that descend from them. */
export class Family {
  readonly #roots: ReadonlySet<number>;
  readonly #hasDescendants: boolean;
  readonly #holds = new Map<number, Hold>();
  /** Descendants that cannot be opened. */
  readonly #leftOut = new Set<number>();
  /** Those that belonged to it; what was described before is still read from them. */
  readonly #former: Hold[] = [];

  /** @throws {UsageError} `BAD_ARGUMENT` for no process at all */
  constructor(roots: readonly number[], hasDescendants: boolean) {
    if (roots.length === 0) throw new UsageError('BAD_ARGUMENT', { what: 'no process', expected: 'one or more' });
    this.#roots = new Set(roots);
    this.#hasDescendants = hasDescendants;
  }

  /** Everybody, parents first; descendants that have ended, too. */
  get pids(): readonly number[] {
    const roots = [...this.#roots];
    return this.#hasDescendants ? withDescendants(roots) : roots;
  }

  /** Those that are open. */
  get holds(): readonly Hold[] {
    return [...this.#holds.values()];
  }

  of(pid: number): Hold | undefined {
    return this.#holds.get(pid);
  }

  has(hold: Hold): boolean {
    return this.#holds.get(hold.target.pid) === hold;
  }

  /** Finds and opens who is not known yet; returns them. @throws {CaptureError} where one cannot be captured */
  async findMore(): Promise<readonly Hold[]> {
    const unknown = this.pids.filter((pid) => !this.#holds.has(pid) && !this.#leftOut.has(pid));
    const opened = await allDone(unknown.map((pid) => this.#open(pid)));
    return opened.filter((hold) => hold !== undefined);
  }

  /** To be called after a time in which pids may have been used again. */
  askAnew(): void {
    this.#leftOut.clear();
  }

  /** Whether it is a family without the process, too, of which this error is: it was not asked for, and is gone. */
  canMiss(pid: number, error: unknown): boolean {
    return !this.#roots.has(pid) && error instanceof CaptureError && NOT_OF_THE_FAMILY.includes(error.code);
  }

  /** It is not captured, unless it is found again. */
  leaveOut(hold: Hold): void {
    if (this.has(hold)) this.#holds.delete(hold.target.pid);
    this.#former.push(hold);
  }

  /** Leaves out those that a check fails for; returns how many. @throws what the check does, for those that were asked for */
  leaveOutGone(check: (hold: Hold) => void): number {
    let gone = 0;
    for (const hold of this.holds) {
      try {
        check(hold);
      } catch (error) {
        if (!this.canMiss(hold.target.pid, error)) throw error;
        this.leaveOut(hold);
        gone++;
      }
    }
    return gone;
  }

  /** Opens one anew that executed another program. */
  async reopen(hold: Hold): Promise<Hold> {
    const { pid } = hold.target;
    const opened = await openHold(pid);
    this.#holds.set(pid, opened);
    this.#former.push(hold);
    return opened;
  }

  async close(): Promise<void> {
    const all = [...this.#former.splice(0), ...this.holds];
    this.#holds.clear();
    for (const hold of all) await closeHold(hold);
  }

  async #open(pid: number): Promise<Hold | undefined> {
    try {
      const hold = await openHold(pid);
      this.#holds.set(pid, hold);
      return hold;
    } catch (error) {
      if (!this.canMiss(pid, error)) throw error;
      this.#leftOut.add(pid);
      return undefined;
    }
  }
}

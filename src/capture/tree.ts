import { CaptureError, UsageError } from '../format/errors.js';
import type { Task } from '../format/model/image.js';
import { guardIfNeeded, openProcess, refuseContradictions, searchGiants, type CaptureOptions } from './capture.js';
import { contentsPolicy, type ContentsPolicy } from './contents-policy.js';
import { withDescendants } from './descendants.js';
import { describeTogether, type Described } from './described.js';
import { freezeAll, type Freeze } from './freeze.js';
import type { Guard } from './guard.js';
import { readHeader } from './machine.js';
import type { PopulatedBlocks } from './populated.js';
import { checkSame, letGoOf, type Hold } from './process-image.js';
import type { Target } from './identity.js';
import { readStat } from './target.js';
import { TreeImage } from './tree-image.js';
import { describeZombie } from './zombie.js';

export interface CaptureTreeOptions extends CaptureOptions {
  /** Whether the descendants of the processes are captured, too. Default false. */
  readonly descendants?: boolean | undefined;
}

/** Why a descendant is not captured: it has ended, or is of this capture. */
const NOT_OF_THE_TREE: readonly string[] = ['TARGET_ENDED', 'NO_SUCH_PROCESS', 'OWN_PROCESS'];
/** New children are born only to processes that do not stand still yet: each round stops the parents of the next. */
const MAX_ROUNDS = 1000;

/** What all of them give, as soon as none is under way any more. @throws what the first of them did that failed */
async function allDone<T extends readonly unknown[]>(
  promises: T,
): Promise<{ -readonly [I in keyof T]: Awaited<T[I]> }> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

/** The processes of a capture, as far as they are known. */
class Family {
  readonly #roots: readonly number[];
  readonly #options: CaptureTreeOptions;
  readonly #holds = new Map<number, Hold>();
  /** Descendants that are not captured. */
  readonly #leftOut = new Set<number>();
  readonly #populated = new Set<number>();
  readonly #policy: ContentsPolicy;
  #guard: Guard | undefined;
  #freeze: Freeze | undefined;

  constructor(roots: readonly number[], options: CaptureTreeOptions) {
    this.#roots = [...new Set(roots)];
    this.#options = options;
    this.#policy = contentsPolicy(options);
  }

  /** Everybody, parents first; descendants that have ended, too. */
  get pids(): readonly number[] {
    return this.#options.descendants === true ? withDescendants(this.#roots) : this.#roots;
  }

  get holds(): readonly Hold[] {
    return [...this.#holds.values()];
  }

  get populated(): PopulatedBlocks {
    return this.#populated;
  }

  /** Starts who resumes them should we die. @throws {CaptureError} `GUARD_FAILED` */
  async guard(): Promise<void> {
    this.#guard = await guardIfNeeded(this.#options);
  }

  /** Finds and opens who is not known yet; returns them. */
  async findMore(): Promise<readonly number[]> {
    const unknown = this.pids.filter((pid) => !this.#holds.has(pid) && !this.#leftOut.has(pid));
    const opened = await allDone(unknown.map((pid) => this.#open(pid)));
    this.#options.signal?.throwIfAborted();
    return opened.filter((pid) => pid !== undefined);
  }

  /** Looks for pages of giant mappings while the processes run; nobody depends on it. */
  async searchGiants(): Promise<void> {
    if (this.#options.freeze === false) return;
    for (const hold of this.holds) {
      try {
        for (const block of await searchGiants(hold, this.#options.signal)) this.#populated.add(block);
      } catch (error) {
        // whoever ended, or runs another program now, is seen to when the others stand still
        if (!(error instanceof CaptureError)) throw error;
      }
    }
  }

  /** Stops these, parents first: one that waits for its child to execute a program stops only after that. */
  freeze(pids: readonly number[]): void {
    if (this.#guard && !this.#freeze) this.#freezeFirst(pids, this.#guard);
    else if (this.#freeze) for (const pid of pids) this.#addTo(this.#freeze, pid);
    for (const pid of pids) {
      const hold = this.#of(pid);
      hold.memory.setDeadline(this.#freeze?.deadline);
      this.#hold({ ...hold, freeze: this.#freeze });
    }
  }

  /** Lets go of those that ended before they were stopped, and opens those anew that executed another program. */
  async settle(pids: readonly number[]): Promise<void> {
    for (const pid of pids) {
      const hold = this.#of(pid);
      try {
        if (!this.#leftOut.has(pid)) checkSame(hold);
      } catch (error) {
        if (error instanceof CaptureError && error.code === 'TARGET_EXECED') await this.#reopen(hold);
        else if (this.#isNeeded(pid, error)) throw error;
        else this.#leftOut.add(pid);
      }
      if (!this.#leftOut.has(pid)) continue;
      this.#freeze?.leaveOut(hold.target);
      this.#holds.delete(pid);
      await letGoOf({ ...hold, freeze: undefined, guard: undefined });
    }
  }

  async letGo(): Promise<void> {
    this.#freeze?.resume();
    this.#guard?.dismiss();
    for (const hold of this.holds) await letGoOf(hold);
  }

  /** Those of them that have ended before are left out. */
  #freezeFirst(pids: readonly number[], guard: Guard): void {
    const { freezeMethod: method, freezeTimeoutMs: timeoutMs, maxStopMs } = this.#options;
    const isLeft = (pid: number): boolean => !this.#leftOut.has(pid);
    while (!this.#freeze && pids.some(isLeft)) {
      const targets = pids.filter(isLeft).map((pid) => this.#of(pid).target);
      try {
        this.#freeze = freezeAll(targets, guard, { method, timeoutMs, maxStopMs });
      } catch (error) {
        if (!targets.some((target) => this.#leaveOutIfEnded(target))) throw error;
      }
    }
  }

  #addTo(freeze: Freeze, pid: number): void {
    try {
      freeze.add([this.#of(pid).target]);
    } catch (error) {
      if (this.#isNeeded(pid, error)) throw error;
      this.#leftOut.add(pid);
    }
  }

  #leaveOutIfEnded(target: Target): boolean {
    try {
      readStat(target);
      return false;
    } catch (error) {
      if (this.#isNeeded(target.pid, error)) return false;
      this.#leftOut.add(target.pid);
      return true;
    }
  }

  async #reopen(hold: Hold): Promise<void> {
    const opened = await openProcess(hold.target.pid);
    opened.memory.setDeadline(this.#freeze?.deadline);
    this.#hold({ ...hold, ...opened });
    hold.pagemap.close();
    await hold.memory.close();
  }

  #hold(hold: Hold): void {
    this.#holds.set(hold.target.pid, hold);
  }

  #of(pid: number): Hold {
    const hold = this.#holds.get(pid);
    if (!hold) throw new CaptureError('NO_SUCH_PROCESS', { what: `process ${String(pid)} was not opened` });
    return hold;
  }

  #isNeeded(pid: number, error: unknown): boolean {
    return this.#roots.includes(pid) || !(error instanceof CaptureError && NOT_OF_THE_TREE.includes(error.code));
  }

  async #open(pid: number): Promise<number | undefined> {
    try {
      const opened = await openProcess(pid);
      this.#hold({ ...opened, policy: this.#policy, guard: this.#guard, freeze: undefined, room: undefined });
      return pid;
    } catch (error) {
      if (this.#isNeeded(pid, error)) throw error;
      this.#leftOut.add(pid);
      return undefined;
    }
  }
}

/** Freezes everybody, and children that appear meanwhile, until there are no more. */
async function freezeFamily(family: Family, options: CaptureTreeOptions): Promise<void> {
  const starting = family.guard();
  const finding = starting.then(() => family.findMore());
  let [found] = await allDone([finding, options.beforeStop]);
  await family.searchGiants();
  for (let round = 0; round < MAX_ROUNDS && found.length > 0; round++) {
    options.signal?.throwIfAborted();
    if (options.freeze !== false) family.freeze(found);
    await family.settle(found);
    found = await family.findMore();
  }
}

/** All of the family in one: those that live, and zombies at their place. */
function describeFamily(family: Family, options: CaptureTreeOptions): Described {
  const [first, ...others] = family.holds;
  if (!first) throw new UsageError('BAD_ARGUMENT', { what: 'no process', expected: 'one or more' });
  const described = describeTogether([first, ...others], {
    ...{ populated: family.populated, files: first.files, signal: options.signal },
  });
  const byPid = new Map(described.tasks.map((task) => [task.pid, task]));
  const [firstTask] = described.tasks;
  const rest = family.pids.flatMap((pid): Task[] => {
    const task = byPid.get(pid) ?? describeZombie(pid);
    return task && task !== firstTask ? [task] : [];
  });
  return { ...described, tasks: [firstTask, ...rest] };
}

/** @throws {UsageError} `BAD_ARGUMENT` for what is to be had of one process only */
function refuseForSeveral({ parent, track, preCopy }: CaptureTreeOptions): void {
  const refuse = (what: string): never => {
    throw new UsageError('BAD_ARGUMENT', { what });
  };
  if (parent !== undefined || track !== undefined) refuse('changes are tracked in one process only, not in a tree');
  if (preCopy) refuse('one process only can be copied before it is stopped, not a tree');
}

/**
 * Several live processes as one image, all of the same moment: memory, pipes and sockets that they share are one object.
 * They stand still until `release` or `close`, and a guard resumes them should we die before that.
 *
 * @param roots pids of whole processes; with `descendants` all that they started are captured with them
 * @throws {CaptureError} any code but `REFUSED`; all run on as before then
 * @throws {UsageError} `BAD_ARGUMENT` for no process at all
 * @throws the reason of `options.signal` when it is aborted
 * Source: spec/proc.md.
 */
export async function captureTree(roots: readonly number[], options: CaptureTreeOptions = {}): Promise<TreeImage> {
  options.signal?.throwIfAborted();
  refuseContradictions(options);
  refuseForSeveral(options);
  const family = new Family(roots, options);
  try {
    const header = readHeader();
    await freezeFamily(family, options);
    return new TreeImage(family.holds, header, describeFamily(family, options), options.pauseBudgetBytes);
  } catch (error) {
    await family.letGo();
    throw error;
  }
}

import { CaptureError } from '../format/errors.js';
import type { CaptureTreeOptions } from './capture-options.js';
import type { Family } from './family.js';
import { freezeAll, type Freeze } from './freeze.js';
import type { Guard } from './guard.js';
import { checkSame, type Hold } from './hold.js';
import { readStat } from './target.js';

/** New children are born only to processes that do not stand still yet: each round stops the parents of the next. */
const MAX_ROUNDS = 1000;

type StopOptions = Pick<CaptureTreeOptions, 'freezeMethod' | 'freezeTimeoutMs' | 'maxStopMs' | 'signal'>;

/** Stops these, parents first, but those that have ended before. @throws {CaptureError} */
function freezeFirst(family: Family, holds: readonly Hold[], guard: Guard, options: StopOptions): Freeze | undefined {
  const { freezeMethod: method, freezeTimeoutMs: timeoutMs, maxStopMs } = options;
  for (;;) {
    const targets = holds.filter((hold) => family.has(hold)).map(({ target }) => target);
    if (targets.length === 0) return undefined;
    try {
      return freezeAll(targets, guard, { method, timeoutMs, maxStopMs });
    } catch (error) {
      if (family.leaveOutGone(({ target }) => readStat(target)) === 0) throw error;
    }
  }
}

/** One after the other: a parent that waits for its child to execute a program stops only after that. */
function freezeMore(family: Family, holds: readonly Hold[], freeze: Freeze): void {
  for (const hold of holds) {
    try {
      freeze.add([hold.target]);
    } catch (error) {
      if (!family.canMiss(hold.target.pid, error)) throw error;
      family.leaveOut(hold);
      freeze.leaveOut(hold.target);
    }
  }
}

/** Leaves out those that ended before they were stopped, and opens those anew that executed another program. */
async function settle(family: Family, holds: readonly Hold[], freeze: Freeze | undefined): Promise<void> {
  for (const hold of holds.filter((one) => family.has(one))) {
    try {
      checkSame(hold);
    } catch (error) {
      if (error instanceof CaptureError && error.code === 'TARGET_EXECED') await family.reopen(hold);
      else if (!family.canMiss(hold.target.pid, error)) throw error;
      else {
        family.leaveOut(hold);
        freeze?.leaveOut(hold.target);
      }
    }
  }
}

/** From now on what is read of them after that time is an error. */
function setDeadlines(family: Family, freeze: Freeze | undefined): void {
  for (const { memory } of family.holds) memory.setDeadline(freeze?.deadline);
}

/**
 * Stops everybody, and children that appear meanwhile, until there are no more.
 *
 * @param guard  undefined to find them all and let them run
 * @throws {CaptureError}; all run on then
 */
export async function stopFamily(
  family: Family,
  guard: Guard | undefined,
  options: StopOptions,
): Promise<Freeze | undefined> {
  let freeze: Freeze | undefined;
  try {
    let found = family.holds;
    for (let round = 0; round < MAX_ROUNDS && found.length > 0; round++) {
      options.signal?.throwIfAborted();
      if (freeze) freezeMore(family, found, freeze);
      else if (guard) freeze = freezeFirst(family, found, guard, options);
      await settle(family, found, freeze);
      found = await family.findMore();
    }
    setDeadlines(family, freeze);
    return freeze;
  } catch (error) {
    freeze?.resume();
    throw error;
  }
}

/** Stops those that are known, for a moment, by synchronous calls only. @throws {CaptureError}; all run on then */
export function stopKnown(family: Family, guard: Guard, options: StopOptions): Freeze | undefined {
  const freeze = freezeFirst(family, family.holds, guard, options);
  try {
    const before = family.holds;
    family.leaveOutGone(checkSame);
    for (const hold of before) if (!family.has(hold)) freeze?.leaveOut(hold.target);
    setDeadlines(family, freeze);
    return freeze;
  } catch (error) {
    freeze?.resume();
    throw error;
  }
}

/** Lets those run on that `stopKnown` stopped; returns for how long they stood still. */
export function resumeKnown(family: Family, freeze: Freeze | undefined): number {
  freeze?.resume();
  setDeadlines(family, undefined);
  return freeze?.stoppedNs ?? 0;
}

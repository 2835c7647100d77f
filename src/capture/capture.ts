import type { ImageHeader, Task } from '../format/model/image.js';
import { refuseContradictions, type CaptureOptions, type CaptureTreeOptions } from './capture-options.js';
import { contentsPolicy } from './contents-policy.js';
import { describeFamily } from './describe-family.js';
import type { Described } from './described.js';
import { Family } from './family.js';
import { stopFamily } from './family-stop.js';
import { LiveImage } from './live-image.js';
import { readHeader } from './machine.js';
import { holdContents } from './pause-budget.js';
import type { PopulatedBlocks } from './populated.js';
import { preCopyFamily } from './precopy-family.js';
import { prepare } from './prepare.js';
import { rehearse } from './rehearse.js';
import { Session } from './session.js';
import { Tracking } from './tracking/tracking.js';

export type { CaptureOptions } from './capture-options.js';

/** What finds changes, if that is wanted. @throws {UsageError} */
function trackIfWanted(session: Session, { parent, track, isExact }: CaptureOptions): void {
  if (parent === undefined && track === undefined) return;
  const { holds } = session.family;
  const tracking = new Tracking({ parent, track, isExact });
  session.tracking = tracking;
  tracking.checkParent(holds.map(({ target }) => target.pid));
  tracking.watch(holds);
}

/** Stops all, and describes them as they stand. */
async function describeStopped(
  session: Session,
  populated: PopulatedBlocks,
  options: CaptureTreeOptions,
): Promise<Described> {
  const { family, guard, policy, files } = session;
  options.signal?.throwIfAborted();
  session.freeze = await stopFamily(family, options.freeze === false ? undefined : guard, options);
  const { freeze, tracking } = session;
  // children that were born meanwhile
  tracking?.watch(family.holds);
  return describeFamily(family, { policy, freeze, populated, files, signal: options.signal });
}

/** What is described, but for what is left to a parent. */
async function withoutUnchanged<D extends Pick<Described, 'tasks' | 'contents'>>(
  { tracking, family }: Session,
  described: D,
  options: { readonly isStopped: boolean; readonly signal: AbortSignal | undefined },
): Promise<D> {
  const now = { now: described.contents, holds: family.holds, ...options };
  const [first, ...others] = (await tracking?.leaveToParent(described.tasks, now)) ?? [];
  return first ? { ...described, tasks: [first, ...others] } : described;
}

/** The image of processes that were copied before they were stopped; they run on already. */
async function preCopied(
  session: Session,
  header: ImageHeader,
  { tasks, contents, warnings }: Described,
  signal: AbortSignal | undefined,
): Promise<LiveImage | undefined> {
  const { preCopy } = session;
  if (!preCopy) return undefined;
  const [first, ...others] = await preCopy.finish({ tasks, contents });
  if (!first) return undefined;
  session.release();
  const copied: [Task, ...Task[]] = [first, ...others];
  // changes since a parent are looked for in the copy, which is of the moment of the stop
  const left = await withoutUnchanged(
    session,
    { tasks: copied, contents: preCopy.store },
    { isStopped: false, signal },
  );
  return new LiveImage(session, { ...left, header, warnings, isHeld: true }, true);
}

/** The image; where contents are held by now, the processes run on. */
async function imageOf(
  session: Session,
  header: ImageHeader,
  all: Described,
  { signal, onDeadline }: CaptureOptions,
): Promise<LiveImage> {
  const { room, freeze, family } = session;
  const described = await withoutUnchanged(session, all, { isStopped: freeze !== undefined, signal });
  if (!room) return new LiveImage(session, { ...described, header, isHeld: false }, false);
  const mayBePartial = onDeadline === 'partial';
  const memoryBytes = family.holds[0]?.memory.size ?? 0;
  const holding = await holdContents(room, { described, memoryBytes, freeze, mayBePartial, signal });
  const { held, budget, partial } = holding;
  const findings = { ...holding.described, header, budget, partial };
  // where a part is held they were let go when the time was over
  const image = held
    ? new LiveImage(session, { ...findings, contents: held, isHeld: true }, partial !== undefined)
    : new LiveImage(session, { ...findings, isHeld: false }, false);
  if (held) await image.release();
  return image;
}

/**
 * Several live processes as one image, all of the same moment: memory, pipes and sockets that they share are one object. All
 * are stopped, their structure is read and the pages found that they have. They stand still until `release` or `close`, and a
 * guard resumes them should we die before that.
 *
 * @param roots pids of whole processes, not of threads; with `descendants` all that they started are captured with them
 * @throws {CaptureError} any code but `REFUSED`; all run on as before then
 * @throws {UsageError} `BAD_ARGUMENT` for no process at all, and for options that exclude each other
 * @throws the reason of `options.signal` when it is aborted
 * Source: spec/proc.md.
 */
export async function captureTree(roots: readonly number[], options: CaptureTreeOptions = {}): Promise<LiveImage> {
  const { signal, descendants = false } = options;
  signal?.throwIfAborted();
  refuseContradictions(options);
  const session = new Session(new Family(roots, descendants), contentsPolicy(options));
  try {
    await session.family.findMore();
    trackIfWanted(session, options);
    const { populated, ...prepared } = await prepare(session.family, options);
    session.guard = prepared.guard;
    session.room = prepared.room;
    await preCopyFamily(session, populated, options);
    const header = readHeader();
    await rehearse(session, populated, options);
    const described = await describeStopped(session, populated, options);
    return (
      (await preCopied(session, header, described, signal)) ?? (await imageOf(session, header, described, options))
    );
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** One live process as an image: a family of one. @throws as `captureTree` */
export function captureProcess(pid: number, options: CaptureOptions = {}): Promise<LiveImage> {
  return captureTree([pid], { ...options, descendants: false });
}

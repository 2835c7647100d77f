import { CaptureError } from '../format/errors.js';
import type { CaptureTreeOptions } from './capture-options.js';
import { describeLiving } from './describe-family.js';
import type { DescribeOptions } from './described.js';
import type { Family } from './family.js';
import { resumeKnown, stopKnown } from './family-stop.js';
import { checkSame } from './hold.js';
import type { PopulatedBlocks } from './populated.js';
import { PreCopy, type PreCopySubject } from './precopy.js';
import type { Observed } from './precopy-round.js';
import type { Session } from './session.js';

/** The living; whoever ends meanwhile is left out, until it is nobody. */
function observe(family: Family, options: DescribeOptions): Observed {
  for (;;) {
    try {
      return describeLiving(family, options);
    } catch (error) {
      if (!(error instanceof CaptureError) || family.leaveOutGone(checkSame) === 0) throw error;
    }
  }
}

/**
 * Copies the processes of a family while they run, if that is wanted. Those that end meanwhile are left out, and those that
 * are born meanwhile are not copied before the stop.
 *
 * @throws {CaptureError}
 */
export async function preCopyFamily(
  session: Session,
  populated: PopulatedBlocks,
  options: CaptureTreeOptions,
): Promise<void> {
  const { guard, family, policy, files } = session;
  const { preCopy: wanted, signal } = options;
  if (!wanted || !guard) return;
  const subject: PreCopySubject = {
    name: `process ${family.pids.slice(0, 1).join()}`,
    holds: () => family.holds,
    signal,
    stop: () => {
      session.freeze = stopKnown(family, guard, options);
      return () => {
        const stoppedNs = resumeKnown(family, session.freeze);
        session.freeze = undefined;
        return stoppedNs;
      };
    },
    observe: () => {
      // nothing is read any more of what was observed before
      session.closeFiles();
      return observe(family, { policy, freeze: session.freeze, populated, files, signal, isExact: false });
    },
    isMissed: (error) => {
      if (!(error instanceof CaptureError) || error.code === 'TARGET_CHANGED') return false;
      // fails for who was asked for
      family.leaveOutGone(checkSame);
      return error.code === 'TARGET_ENDED' || error.code === 'TARGET_EXECED';
    },
  };
  session.preCopy = new PreCopy(subject, wanted);
  await session.preCopy.run();
  // who was born meanwhile, while all run
  family.askAnew();
  await family.findMore();
}

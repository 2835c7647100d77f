import { CaptureError } from '../format/errors.js';
import type { CaptureTreeOptions } from './capture-options.js';
import { describeLiving } from './describe-family.js';
import type { PopulatedBlocks } from './populated.js';
import type { Session } from './session.js';
import type { SharedFile } from './shared-file.js';

/**
 * Describes processes and asks for their changes while they run, and throws that away: code that ran before runs several
 * times as fast when they stand still. Only where bits tell the changes: where bytes are compared, that takes all of the time.
 */
export async function rehearse(
  { tracking, family, policy }: Session,
  populated: PopulatedBlocks,
  { freeze, preCopy, signal }: CaptureTreeOptions,
): Promise<void> {
  if (!tracking?.believesBits || freeze === false || preCopy) return;
  const files: SharedFile[] = [];
  try {
    const options = { policy, freeze: undefined, populated, files, signal, isExact: false };
    const { tasks, contents } = describeLiving(family, options);
    await tracking.rehearse(tasks, { now: contents, holds: family.holds, isStopped: false, signal });
  } catch (error) {
    // whoever ended, or runs another program now, is seen to when the others stand still
    if (!(error instanceof CaptureError)) throw error;
  } finally {
    for (const file of files) file.close();
  }
}

import type { ContentsPolicy } from './contents-policy.js';
import type { Family } from './family.js';
import type { Freeze } from './freeze.js';
import type { Guard } from './guard.js';
import { checkSame } from './hold.js';
import type { BudgetRoom } from './pause-budget.js';
import type { PreCopy } from './precopy.js';
import type { SharedFile } from './shared-file.js';
import type { Tracking } from './tracking/tracking.js';

/** What a capture holds, to be let go in the end. It is filled as the capture comes on. */
export class Session {
  readonly family: Family;
  /** What is captured of each mapping. */
  readonly policy: ContentsPolicy;
  /** Shared objects that contents are read from. */
  readonly files: SharedFile[] = [];
  guard: Guard | undefined;
  freeze: Freeze | undefined;
  /** Where contents are to be held while all stand still, if that is wanted. */
  room: BudgetRoom | undefined;
  /** What finds changes, if that is wanted. */
  tracking: Tracking | undefined;
  /** What copied all before the stop, if that is wanted. */
  preCopy: PreCopy | undefined;

  constructor(family: Family, policy: ContentsPolicy) {
    this.family = family;
    this.policy = policy;
  }

  closeFiles(): void {
    for (const file of this.files.splice(0)) file.close();
  }

  /**
   * Checks that nothing disturbed the capture and lets all processes run on, also when the check fails.
   *
   * @throws {CaptureError} `TARGET_RAN`, `TARGET_ENDED`, `TARGET_EXECED`, `DEADLINE`
   */
  release(): void {
    const { freeze, tracking } = this;
    try {
      this.family.holds.forEach(checkSame);
      freeze?.checkUndisturbed();
      // who runs on meanwhile may write what was read already
      if (freeze) tracking?.clear();
    } finally {
      freeze?.resume();
    }
  }

  /** Lets all run on and closes everything. Never throws because a process is gone. */
  async close(): Promise<void> {
    this.freeze?.resume();
    this.guard?.dismiss();
    this.closeFiles();
    this.tracking?.close();
    await this.preCopy?.close();
    // they read from the descriptors that are closed next
    await this.room?.team?.end();
    await this.family.close();
  }
}

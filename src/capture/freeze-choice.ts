import { CaptureError } from '../format/errors.js';
import { CgroupBrake } from './freeze-cgroup.js';
import type { Brake, FreezeChoice } from './freeze-method.js';
import { SignalBrake } from './freeze-signal.js';
import type { Guard } from './guard.js';
import type { Target } from './identity.js';

/** A brake that is prepared. */
export interface Chosen {
  readonly brake: Brake;
  /** Why it is not the one that `auto` would rather have taken. */
  readonly fallbackReason?: string;
}

/** Prepares a way; what was done of it is undone if it fails. */
function prepared(brake: Brake, running: readonly Target[], guard: Guard): Chosen {
  try {
    if (running.length > 0) brake.prepare(running);
    return { brake };
  } catch (error) {
    if (brake.cleanUp()) guard.disarm();
    throw error;
  }
}

/**
 * The way to stop those that run.
 *
 * @throws {CaptureError} `NO_FREEZER`, `TARGET_ENDED`
 */
export function chooseBrake(running: readonly Target[], guard: Guard, method: FreezeChoice = 'auto'): Chosen {
  if (method === 'cgroup') return prepared(new CgroupBrake(guard), running, guard);
  if (method === 'signal' || running.length < 2) return { brake: new SignalBrake(guard) };
  try {
    return prepared(new CgroupBrake(guard), running, guard);
  } catch (error) {
    if (!(error instanceof CaptureError) || error.code !== 'NO_FREEZER') throw error;
    return { brake: new SignalBrake(guard), fallbackReason: error.message };
  }
}

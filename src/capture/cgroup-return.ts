import * as fs from 'node:fs';
import * as path from 'node:path';
import { sleepSync } from './sleep.js';

const POLL_MS = 1;
/** How often processes are asked back: those that fork meanwhile leave others behind. */
const MAX_ROUNDS = 2000;

/** Whether a step was done; it is not where somebody did it before, or where a process is gone. */
function attempt(step: () => void): boolean {
  try {
    step();
    return true;
  } catch {
    // what matters is tried again, and seen by the folder being there
    return false;
  }
}

function moveAll(directory: string, home: string): void {
  const pids = fs.readFileSync(path.join(directory, 'cgroup.procs'), 'latin1').split('\n').filter(Boolean);
  for (const pid of pids)
    attempt(() => {
      fs.writeFileSync(path.join(home, 'cgroup.procs'), pid);
    });
}

/** Lets all processes of a cgroup run on. Never throws. */
export function thaw(directory: string): void {
  attempt(() => {
    fs.writeFileSync(path.join(directory, 'cgroup.freeze'), '0');
  });
}

/**
 * Lets all processes of a cgroup run on, moves them to the one they came from, and removes it. Never throws: the capture
 * and its guard may do it at the same time, and there may be nothing to do.
 *
 * @returns whether the cgroup is gone
 */
export function returnFromCgroup(directory: string, home: string): boolean {
  thaw(directory);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if (!fs.existsSync(directory)) return true;
    attempt(() => {
      moveAll(directory, home);
    });
    if (
      attempt(() => {
        fs.rmdirSync(directory);
      })
    )
      return true;
    sleepSync(POLL_MS);
  }
  return false;
}

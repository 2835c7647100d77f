import { CaptureError } from '../format/errors.js';
import type { Target } from './identity.js';
import { ProcessMemory } from './memory.js';
import { Pagemap } from './pagemap.js';
import { findTarget, readExecutable, readStat } from './target.js';

/** What is open of a process. */
export interface Hold {
  readonly target: Target;
  /** The program that it ran when it was opened. */
  readonly executable: string;
  readonly memory: ProcessMemory;
  readonly pagemap: Pagemap;
}

/** Opens a process, if it is one that can be captured; the caller closes it. @throws {CaptureError} */
export async function openHold(pid: number): Promise<Hold> {
  const target = findTarget(pid);
  const executable = readExecutable(target);
  const memory = new ProcessMemory(target);
  try {
    return { target, executable, memory, pagemap: new Pagemap(pid) };
  } catch (error) {
    await memory.close();
    throw error;
  }
}

/** To be called once. */
export async function closeHold({ pagemap, memory }: Hold): Promise<void> {
  pagemap.close();
  await memory.close();
}

/**
 * Checks that a process is still what it was when it was opened.
 *
 * @throws {CaptureError} `TARGET_ENDED`, `TARGET_EXECED`
 */
export function checkSame({ target, memory, executable }: Hold): void {
  readStat(target);
  memory.checkAlive();
  if (readExecutable(target) === executable) return;
  throw new CaptureError('TARGET_EXECED', { what: `process ${String(target.pid)} executed another program` });
}

import { spawn } from 'node:child_process';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { inject, onTestFinished } from 'vitest';
import { scratchDirectory } from './scratch.js';
import type { Target } from './target.js';

/** What test/targets/changes.c can do to its memory. */
export const CHANGES = [
  ...['nothing', 'write', 'rewrite', 'read', 'dontneed', 'dontneed-load', 'dontneed-file', 'write-file', 'mremap'],
  ...['mremap-over', 'grow', 'mprotect', 'replace', 'merge', 'hole', 'zero', 'free', 'fork', 'shared', 'shared-child'],
  ...['remove', 'memfd-child'],
] as const;

export interface ChangingTarget extends Target {
  /** Changes its memory, and waits until that is done. */
  readonly change: (name: string) => Promise<void>;
}

/** Starts test/targets/changes.c and waits until its memory is made. */
export async function startChanges(ballastMiB = 0): Promise<ChangingTarget> {
  const program = path.join(inject('targets'), 'changes');
  const child = spawn(program, [scratchDirectory(), ...(ballastMiB > 0 ? [String(ballastMiB)] : [])], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<void> => {
    if ((await lines.next()).done === true) throw new Error('changes ended early');
  };
  await next();
  const change = async (name: string): Promise<void> => {
    child.stdin.write(`${name}\n`);
    await next();
  };
  return { pid: child.pid ?? 0, child, change };
}

import * as fs from 'node:fs';
import * as path from 'node:path';
import { type TestContext } from 'vitest';
import { checkHome, findCgroupMount, homeOf } from '../../src/capture/cgroup.js';
import { skip } from './skip.js';
import { waitUntil } from './wait.js';

/** The folder of our own v2 cgroup, which what we start is in, too. */
function ownCgroup(): string {
  return homeOf(process.pid, findCgroupMount());
}

/** Leaves the running test out where processes cannot be frozen by cgroups. */
export function needsCgroup(context: TestContext): void {
  const reason = whyNoCgroup();
  if (reason !== undefined) skip(context, reason);
}

/** Why processes cannot be frozen by cgroups here; undefined where they can. */
export function whyNoCgroup(): string | undefined {
  try {
    checkHome(ownCgroup());
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Those below ours that captures made. */
function cgroupsOfCaptures(): string[] {
  if (whyNoCgroup() !== undefined) return [];
  const home = ownCgroup();
  return fs
    .readdirSync(home)
    .filter((name) => name.startsWith('crit-freeze-'))
    .map((name) => path.join(home, name));
}

/** What somebody else left here before is not ours. */
const BEFORE: ReadonlySet<string> = new Set(cgroupsOfCaptures());

/** The cgroups that captures of ours made and did not remove (or not yet). */
function cgroupsLeft(): string[] {
  return cgroupsOfCaptures().filter((directory) => !BEFORE.has(directory));
}

/** The guard may take a moment to clean up after a capture that was killed. */
export async function expectNoCgroupLeft(): Promise<void> {
  await waitUntil(`no cgroup is left of ${cgroupsLeft().join(' ')}`, () => cgroupsLeft().length === 0);
}

/** What /proc says of the v2 cgroup of a process. */
export function cgroupOf(pid: number): string | undefined {
  return /^0::(.*)$/m.exec(fs.readFileSync(`/proc/${String(pid)}/cgroup`, 'utf8'))?.[1];
}

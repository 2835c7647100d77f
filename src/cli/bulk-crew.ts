import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Crew } from '../format/bytes/crew.js';
import { pidOf } from './open.js';

/** Threads take as long to start as this much takes to be worked on. */
const MIN_BYTES = 64 * 1024 * 1024;

/** Bytes of a file, or of what lies in a directory; 0 for anything else. */
function bytesAt(file: string): number {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (stat?.isDirectory() !== true) return stat?.size ?? 0;
  const sizeOf = (name: string): number => fs.statSync(path.join(file, name), { throwIfNoEntry: false })?.size ?? 0;
  return fs.readdirSync(file).reduce((sum, name) => sum + sizeOf(name), 0);
}

/**
 * Starts threads for bulk work on images, unless one of them is small. To be called before they are opened, so that both
 * happen at once; the caller closes the crew.
 *
 * @param references  as on the command line; a process counts as large
 */
export async function crewFor(references: readonly string[]): Promise<Crew | undefined> {
  if (references.some((reference) => pidOf(reference) === undefined && bytesAt(reference) < MIN_BYTES))
    return undefined;
  const { startCrew } = await import('../workers/crew.js');
  return startCrew();
}

import { CaptureError } from '../format/errors.js';
import { PAGE_BYTES } from '../format/model/page.js';
import { readProcFile } from './proc-file.js';
import { parseSmaps, type Mapping } from './smaps.js';

/** VmFlags of a mapping that others may see. */
const SHARED_CODE = 'sh';

/** What processes have of an object. */
interface Seen {
  /** Pages in page tables, counted for each. */
  residentPages: number;
  /** The first page behind all that is mapped. */
  endPages: number;
}

function sharedMappings(pid: number): Mapping[] {
  try {
    return parseSmaps(readProcFile(pid, 'smaps')).filter(({ flagCodes }) => flagCodes.includes(SHARED_CODE));
  } catch (error) {
    // it has ended, or may not be asked: the capture itself says so
    if (error instanceof CaptureError) return [];
    throw error;
  }
}

/** Bytes of all that any of these processes shares with others, each object once, at most; of processes that run. */
export function sharedTogether(pids: readonly number[]): number {
  const objects = new Map<string, Seen>();
  for (const { fileId, residentPages, offsetPages, startVpn, endVpn } of pids.flatMap(sharedMappings)) {
    const seen = objects.get(fileId) ?? { residentPages: 0, endPages: 0 };
    seen.residentPages += residentPages;
    seen.endPages = Math.max(seen.endPages, offsetPages + endVpn - startVpn);
    objects.set(fileId, seen);
  }
  return [...objects.values()].reduce(
    (sum, { residentPages, endPages }) => sum + Math.min(residentPages, endPages) * PAGE_BYTES,
    0,
  );
}

import { hexNumber, jsonInteger } from '../format/layout/unit.js';
import type { JsonValue } from '../format/layout/unit.js';
import type { SharedMemory } from '../format/model/shared-memory.js';
import type { MappedVma } from './shared-memory.js';

/** A mapping that shows a shared memory. */
export interface MemoryUser {
  /** The first task that has the mapping. */
  readonly pid: number;
  readonly start: string;
  readonly end: string;
}

/** Memory that an image holds by itself, whatever mappings show of it. */
export interface SharedMemoryDescription {
  /** Place in the list; mappings name it as `sharedMemory`. */
  readonly index: number;
  /** Number in the image; `null` where it has none. */
  readonly id: number | null;
  readonly sizeBytes: JsonValue;
  readonly pagesDumped: number;
  /** Empty for a segment that nobody has mapped. */
  readonly users: readonly MemoryUser[];
}

export function describeSharedMemory(
  memories: ReadonlyMap<SharedMemory, readonly MappedVma[]>,
): SharedMemoryDescription[] {
  return [...memories].map(([{ id, sizeBytes, pages }, users], index) => ({
    index,
    id: id ?? null,
    sizeBytes: jsonInteger(sizeBytes),
    pagesDumped: pages.totalPages,
    users: users.map(({ pid, vma }) => ({ pid, start: hexNumber(vma.vm_start), end: hexNumber(vma.vm_end) })),
  }));
}

import type { Crew } from '../../format/bytes/crew.js';
import type { MappedArea, MemoryMap } from '../../format/model/memory-map.js';
import { PAGE_BYTES } from '../../format/model/page.js';
import { UsageError } from '../../format/errors.js';
import { searchBatches, type BatchOptions, type MatchBatch } from './batches.js';
import type { SearchPattern } from './pattern.js';
import { lastUpTo, touchesHeld, vaddrIn } from './piece.js';
import type { PlanOptions } from './plan.js';
import { selectedBytes } from './selection.js';

/** Most bytes of context. */
export const MOST_CONTEXT_BYTES = 64 * 1024;

export interface CountOptions extends PlanOptions {
  /** Who searches; the caller's thread unless told. */
  readonly crew?: Crew | undefined;
  /** Looked at between pieces of memory. */
  readonly signal?: AbortSignal | undefined;
  /** Most matches; unlimited unless told. */
  readonly limit?: number | undefined;
  /** Called for each piece of memory. */
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

export interface SearchOptions extends CountOptions {
  /** Bytes of memory before and behind each match that are wanted, at most 64 KiB. Default 0. */
  readonly contextBytes?: number | undefined;
}

/** A place in memory that a pattern matches. */
export interface Match {
  /** Index in `map.spaces`, and the first task that has it. */
  readonly space: number;
  readonly pid: number;
  readonly vaddr: bigint;
  readonly length: number;
  /** The mapping of the first byte. */
  readonly area: MappedArea;
  readonly bytes: Uint8Array;
  /** Neighbours of the match, less where memory begins or ends. The caller's own, as `bytes` are. */
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/**
 * Searches memory, in the order of the spaces and of addresses in each.
 *
 * A match has at least one byte in a page that the image holds. Pages that are not held count as zeros, next to held ones
 * and as far as a match reaches, where they read as zero; others, and what is not mapped, are borders. Matches lie across
 * pages, runs and touching mappings. Bytes and words match at every position; matches of an expression do not overlap.
 * Memory needed does not depend on how many matches there are.
 *
 * @throws {UsageError} for too much context; {FormatError} `TRUNCATED`; the reason of the signal
 */
export async function* searchMemory(
  map: MemoryMap,
  pattern: SearchPattern,
  options: SearchOptions = {},
): AsyncGenerator<Match> {
  const { limit = Infinity, contextBytes = 0 } = options;
  if (contextBytes > MOST_CONTEXT_BYTES || contextBytes < 0)
    throw new UsageError('BAD_ARGUMENT', {
      what: 'the context',
      expected: `0 to ${String(MOST_CONTEXT_BYTES)} bytes`,
      actual: contextBytes,
    });
  if (limit <= 0) return;
  let count = 0;
  for await (const batch of batchesOf(map, pattern, { ...options, contextBytes }))
    for (const match of matchesIn(map, batch)) {
      yield match;
      if (++count >= limit) return;
    }
}

/** How many matches `searchMemory` has. */
export async function countMatches(
  map: MemoryMap,
  pattern: SearchPattern,
  options: CountOptions = {},
): Promise<number> {
  const { limit = Infinity } = options;
  let count = 0;
  if (limit <= 0) return count;
  for await (const { piece, found, first } of batchesOf(map, pattern, { ...options, contextBytes: undefined })) {
    const { at, lengthBytes } = found;
    for (let i = first; i < at.length; i++) if (touchesHeld(piece, at[i] ?? 0, lengthBytes[i] ?? 0)) count++;
    if (count >= limit) return limit;
  }
  return count;
}

/** The batches of a search; tells how far it is. */
async function* batchesOf(
  map: MemoryMap,
  pattern: SearchPattern,
  options: CountOptions & BatchOptions,
): AsyncGenerator<MatchBatch> {
  const totalBytes = options.onProgress ? selectedBytes(map, options, PAGE_BYTES) : 0;
  for await (const batch of searchBatches({ map, pattern, options })) {
    options.onProgress?.(batch.piece.doneBytes, totalBytes);
    yield batch;
  }
}

function* matchesIn(map: MemoryMap, { piece, found, first }: MatchBatch): Generator<Match> {
  for (let i = first; i < found.at.length; i++) {
    const [at, length] = [found.at[i] ?? 0, found.lengthBytes[i] ?? 0];
    if (!touchesHeld(piece, at, length)) continue;
    const segment = lastUpTo(piece.layout.segmentAt, at);
    const index = piece.space[segment] ?? 0;
    const space = map.spaces[index];
    const vaddr = vaddrIn(piece, segment, at);
    const area = space && areaAt(space.areas, vaddr);
    const pid = space?.pids[0];
    // both are there: the piece was made of them
    if (!area || pid === undefined) continue;
    const start = found.bytesAt[i] ?? 0;
    const bytesAt = start + (found.beforeBytes[i] ?? 0);
    const before = copyOf(found.bytes, start, bytesAt);
    const bytes = copyOf(found.bytes, bytesAt, bytesAt + length);
    const after = copyOf(found.bytes, bytesAt + length, found.bytesAt[i + 1] ?? found.bytes.length);
    yield { space: index, pid, vaddr, length, area, bytes, before, after };
  }
}

const NO_BYTES = new Uint8Array(0);

function copyOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return start < end ? bytes.slice(start, end) : NO_BYTES;
}

/** The last mapping that begins at `vaddr` or before. */
function areaAt(areas: readonly MappedArea[], vaddr: bigint): MappedArea | undefined {
  let low = 0;
  let high = areas.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((areas[middle]?.vm_start ?? 0n) <= vaddr) low = middle + 1;
    else high = middle;
  }
  return areas[low - 1];
}

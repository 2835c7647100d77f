import { indexReader } from '../../linux-cr/address-array.js';
import type { KernelMemory } from '../../model/kernel-state.js';
import { damagedPages, parentPagesBeside, walkElsewhere, type ElsewhereRead } from '../../linux-cr/extension-walk.js';
import { NO_PAGES } from '../../model/page-runs.js';
import { PAGE_BYTES } from '../../model/page.js';
import { walkChunks } from './chunks.js';
import { bigintIn, numberIn } from './fields.js';
import type { RecordItem } from './item.js';
import type { SharedParts } from './parts.js';
import type { RecordReader, Step } from './record-reader.js';
import type { WalkContext } from './walk-context.js';

/** Pages of an object of so many bytes. */
function pagesOf(sizeBytes: bigint): number {
  return Number((sizeBytes + BigInt(PAGE_BYTES - 1)) / BigInt(PAGE_BYTES));
}

/** The pages of shared memory, by index. Source: spec/cr-stream.md 8.9. */
export function* walkShared(
  reader: RecordReader,
  path: string,
  { id, sizeBytes }: Pick<SharedParts, 'id' | 'sizeBytes'>,
  context: WalkContext,
): Generator<Step, SharedParts> {
  const shared: SharedParts = { id, sizeBytes, pages: NO_PAGES };
  if (!context.parts.memory.has(id)) context.parts.memory.set(id, shared);
  const pages = pagesOf(sizeBytes);
  const range = { startVpn: 0, endVpn: pages };
  const addresses = indexReader(pages, context.runs);
  const faultsBefore = reader.faults.count;
  let left: ElsewhereRead | undefined;
  let isWhole = false;
  try {
    left = yield* walkElsewhere(reader, path, range, context.budget);
    yield* walkChunks(reader, path, { addresses, pages, isIndexed: true }, context);
    isWhole = reader.faults.count === faultsBefore;
  } finally {
    shared.pages = context.runs.take();
    const parentPages = left && parentPagesBeside(reader, left, shared.pages);
    if (parentPages) shared.parentPages = parentPages;
    if (parentPages && left?.objectId !== undefined) shared.parentId = left.objectId;
    const uncaptured = isWhole || !context.parts.parentLink ? left?.uncaptured : damagedPages(range);
    if (uncaptured) shared.uncaptured = uncaptured;
  }
  return shared;
}

/** The pages of a SysV segment behind its IPC_SHM record. Source: spec/cr-stream.md 10. */
export function* walkSegment(
  reader: RecordReader,
  path: string,
  { fields }: RecordItem,
  context: WalkContext,
): Generator<Step, KernelMemory> {
  const facts = { id: numberIn(fields, 'objref'), sizeBytes: bigintIn(fields, 'shm_segsz') };
  if (!context.parts.segmentKeys.has(facts.id)) context.parts.segmentKeys.set(facts.id, numberIn(fields, 'key'));
  return { kind: 'memory', memory: yield* walkShared(reader, path, facts, context) };
}

import { MemoryBudget } from '../../model/budget.js';
import { PageRunsBuilder } from '../../model/page-runs.js';
import type { FormatError } from '../../errors.js';
import { NoteList } from './note-list.js';
import type { TaskParts } from './parts.js';
import type { RecordReader } from './record-reader.js';
import { REVISIONS, type CrRevision } from '../tables/revision.js';
import type { Stage } from './stages.js';

const ADDRESS_BLOCK_BYTES = 64 * 1024;

/** Bytes of a native long, once that is known. */
export interface WordSize {
  bytes: 4 | 8 | undefined;
  /** Whether a VMA lay above 4 GiB, which only 64-bit kernels have. */
  sawHighAddress: boolean;
}

/** What the productions of one walk share. */
export interface WalkContext {
  readonly words: WordSize;
  readonly runs: PageRunsBuilder;
  /** Addresses pass through here in pieces, so that a chunk of any length needs no more memory. */
  readonly block: BigUint64Array;
  readonly budget: MemoryBudget;
  /** Whether the items are wanted, and not only what they say. */
  readonly isListing: boolean;
  readonly notes: NoteList;
  readonly decidedBy: string[];
  /** Open files that were written already; later descriptors only name them. */
  readonly seenFiles: Set<number>;
  /** From HEAD_ARCH: bytes of FPU state behind a CPU record that has none inside. */
  xstateBytes: number;
  /** Whether pages may be with a parent. */
  isIncremental: boolean;
  /** The task that is being read. */
  task: TaskParts | undefined;
  /** Where the walk goes on after something went wrong; undefined while all is well. */
  resumeAt: Stage | 'END' | undefined;
  /** Where it went on last. */
  lastLandmark: number;
  /** The revisions that fit what was read so far, oldest first. */
  candidates: readonly CrRevision[];
}

export interface WalkOptions {
  /** Most that may be taken in memory. Default: no limit. */
  readonly budget?: MemoryBudget | undefined;
  /** Whether every item is to be yielded; else only some are. Default true. */
  readonly isListing?: boolean | undefined;
  /** Takes what is wrong, and reading goes on; unless given the first such thing is thrown. */
  readonly onFault?: ((fault: FormatError) => void) | undefined;
  /** What the stream may be of, oldest first; of those that fit the last is taken. Default: all that are known. */
  readonly revisions?: readonly CrRevision[] | undefined;
}

/** The state at the start of a stream. */
export function newContext({
  budget = new MemoryBudget(Infinity),
  isListing = true,
  revisions = REVISIONS,
}: WalkOptions): WalkContext {
  return {
    isListing,
    budget,
    words: { bytes: undefined, sawHighAddress: false },
    runs: new PageRunsBuilder(budget),
    block: new BigUint64Array(ADDRESS_BLOCK_BYTES / 8),
    notes: new NoteList(),
    decidedBy: [],
    seenFiles: new Set(),
    xstateBytes: 0,
    isIncremental: false,
    task: undefined,
    resumeAt: undefined,
    lastLandmark: -1,
    candidates: revisions,
  };
}

/** Keeps the candidates that fit; the newest of them is read on with. */
export function narrow(
  reader: RecordReader,
  context: WalkContext,
  fits: (revision: CrRevision) => boolean,
  why: string,
): void {
  context.candidates = context.candidates.filter(fits);
  context.decidedBy.push(why);
  const newest = context.candidates.at(-1);
  if (newest) reader.revision = newest;
}

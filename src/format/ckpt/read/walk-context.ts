import { MemoryBudget } from '../../model/budget.js';
import type { ReadImageOptions } from '../../model/read-options.js';
import type { At } from '../../errors.js';
import type { Note } from '../../model/image.js';
import { PageRunsBuilder } from '../../model/page-runs.js';
import { numberIn } from './fields.js';
import type { RecordItem } from './item.js';
import type { StreamParts } from './parts.js';
import type { RecordReader } from './record-reader.js';
import { REVISIONS, type CkptRevision } from '../tables/revision.js';

const ADDRESS_BLOCK_BYTES = 64 * 1024;
const MAX_GUESSES = 16;

/** Lengths that HEADER announces; undefined where the revision has no such field. */
export interface Constants {
  readonly commBytes: number | undefined;
  readonly auxvBytes: number | undefined;
  readonly xstateBytes: number;
}

/** What the productions of one walk share. */
export interface WalkContext {
  readonly runs: PageRunsBuilder;
  /** Addresses pass through here in pieces, so that a chunk of any length needs no more memory. */
  readonly block: BigUint64Array;
  readonly budget: MemoryBudget;
  /** Whether the items are wanted, and not only what they say. */
  readonly isListing: boolean;
  readonly vmaType9: ReadImageOptions['vmaType9'];
  /** What was read so far; filled while walking, so that it is there also when the walk breaks off. */
  readonly parts: StreamParts;
  /** How many guesses of each sort were noted. */
  readonly guesses: Map<string, number>;
  wordBytes: 4 | 8;
  constants: Constants;
  /** End of the last mapping of the address space that is being read; undefined outside of one. */
  lastVmaEnd: bigint | undefined;
  /** How many files the record that comes next is within. */
  fileDepth: number;
  /** Where reading went on the last time. */
  lastAnchorOffset: number;
  /** The revisions that fit what was read so far, oldest first. */
  candidates: readonly CkptRevision[];
}

export interface WalkOptions extends Pick<ReadImageOptions, 'onFault' | 'vmaType9'> {
  /** Most that may be taken in memory. Default: no limit. */
  readonly budget?: MemoryBudget | undefined;
  /** Whether every item is to be yielded; else only some are. Default true. */
  readonly isListing?: boolean | undefined;
  /** What the stream may be of, oldest first; of those that fit the last is taken. Default: all that are known. */
  readonly revisions?: readonly CkptRevision[] | undefined;
}

/** The state at the start of a stream. */
export function newContext(
  parts: StreamParts,
  { budget = new MemoryBudget(Infinity), isListing = true, revisions = REVISIONS, vmaType9 }: WalkOptions,
): WalkContext {
  return {
    runs: new PageRunsBuilder(budget),
    block: new BigUint64Array(ADDRESS_BLOCK_BYTES / 8),
    budget,
    isListing,
    vmaType9,
    parts,
    guesses: new Map(),
    wordBytes: 8,
    constants: { commBytes: undefined, auxvBytes: undefined, xstateBytes: 0 },
    lastVmaEnd: undefined,
    fileDepth: 0,
    lastAnchorOffset: -1,
    candidates: revisions,
  };
}

/** Keeps the candidates that fit; the newest of them is read on with. Keeps all where none fits. */
export function narrow(
  reader: RecordReader,
  context: WalkContext,
  fits: (revision: CkptRevision) => boolean,
  why: string,
): void {
  const fitting = context.candidates.filter(fits);
  const newest = fitting.at(-1);
  if (!newest || fitting.length === context.candidates.length) return;
  context.candidates = fitting;
  context.parts.decidedBy.push(why);
  reader.revision = newest;
  context.parts.revision = newest;
}

/** Notes something that is read by guess; of one sort only the first few, and then that there are more. */
export function noteGuess({ guesses, parts }: WalkContext, sort: string, message: string, at: At): void {
  const count = (guesses.get(sort) ?? 0) + 1;
  guesses.set(sort, count);
  if (count <= MAX_GUESSES) parts.notes.push({ code: 'GUESSED', message, at });
}

/** Says how many guesses of each sort were not noted. */
export function noteMoreGuesses({ guesses, parts }: WalkContext): void {
  for (const [sort, count] of guesses) {
    if (count <= MAX_GUESSES) continue;
    const message = `${String(count - MAX_GUESSES)} more: ${sort}`;
    const last: Note = { code: 'GUESSED', message, at: { offset: 0, path: 'head' } };
    parts.notes.push(last);
  }
}

/** The lengths in HEADER. `at_vector_size` counts words of 8 bytes, `mm_saved_auxv_len` bytes. */
export function constantsOf({ fields, layout }: RecordItem, xstateBytes: number): Constants {
  const has = (name: string): boolean => layout?.fields.some((field) => field.name === name) === true;
  const auxvBytes = has('at_vector_size')
    ? numberIn(fields, 'at_vector_size') * 8
    : numberIn(fields, 'mm_saved_auxv_len');
  return {
    commBytes: has('task_comm_len') ? numberIn(fields, 'task_comm_len') : undefined,
    auxvBytes: has('at_vector_size') || has('mm_saved_auxv_len') ? auxvBytes : undefined,
    xstateBytes,
  };
}

import type { Kernel } from '../../format/bytes/crew.js';
import { findBytes } from './find-bytes.js';
import { findRegex } from './find-regex.js';
import { findWords } from './find-words.js';
import type { TakeMatch } from './finder.js';
import { layOut, segmentEnd, type Layout } from './layout.js';
import type { SearchPattern } from './pattern.js';

/** Matches that one result may have; there are more results then. */
const MOST_MATCHES = 65_536;
/** Bytes of matches and around them in one result, but for the last match. */
const MOST_BYTES = 1024 * 1024;

export interface SearchParameters {
  readonly pattern: SearchPattern;
  readonly layout: Layout;
  /** Bytes around each match that are wanted; undefined where not even those of the match are. */
  readonly contextBytes: number | undefined;
}

/** Matches in a piece, in columns of equal length, ascending. */
export interface FoundMatches {
  readonly at: Uint32Array;
  readonly lengthBytes: Uint32Array;
  /** Where each match begins in `bytes`, and what is there of memory before it; empty where no bytes are wanted. */
  readonly bytesAt: Uint32Array;
  readonly beforeBytes: Uint32Array;
  /** Of each match what is before it, itself, and what is behind it. */
  readonly bytes: Uint8Array;
  /** Where to go on; undefined where all were found. */
  readonly resumeAt: number | undefined;
}

/** Of each match the bytes that are wanted. */
function copyAround(
  { layout, contextBytes }: SearchParameters,
  bytes: Uint8Array,
  at: readonly number[],
  lengths: readonly number[],
): Pick<FoundMatches, 'bytesAt' | 'beforeBytes' | 'bytes'> {
  const count = contextBytes === undefined ? 0 : at.length;
  const [bytesAt, beforeBytes] = [new Uint32Array(count), new Uint32Array(count)];
  const ranges = { start: new Uint32Array(count), end: new Uint32Array(count) };
  let [segment, total] = [0, 0];
  for (let i = 0; i < count; i++) {
    const [match, around] = [at[i] ?? 0, contextBytes ?? 0];
    while (segmentEnd(layout, segment) <= match) segment++;
    const start = Math.max(layout.segmentAt[segment] ?? 0, match - around);
    const end = Math.min(segmentEnd(layout, segment), match + (lengths[i] ?? 0) + around);
    [ranges.start[i], ranges.end[i]] = [start, end];
    [bytesAt[i], beforeBytes[i]] = [total, match - start];
    total += end - start;
  }
  const copy = new Uint8Array(total);
  for (let i = 0, next = 0; i < count; i++) {
    // mostly a few bytes: a loop is faster than a view for each
    for (let from = ranges.start[i] ?? 0; from < (ranges.end[i] ?? 0); from++) copy[next++] = bytes[from] ?? 0;
  }
  return { bytesAt, beforeBytes, bytes: copy };
}

function find(pattern: SearchPattern, bytes: Uint8Array, layout: Layout, take: TakeMatch): void {
  if (pattern.kind === 'bytes') findBytes(pattern, bytes, layout, take);
  else if (pattern.kind === 'word') findWords(pattern, bytes, layout, take);
  else findRegex(pattern, bytes, layout, take);
}

function runSearch(parameters: SearchParameters, [read]: readonly Uint8Array[]): FoundMatches {
  const { layout, contextBytes } = parameters;
  const bytes = layOut(layout, read ?? new Uint8Array(0));
  const [at, lengths]: [number[], number[]] = [[], []];
  let resumeAt: number | undefined;
  let total = 0;
  find(parameters.pattern, bytes, layout, (matchAt, lengthBytes, next) => {
    at.push(matchAt);
    lengths.push(lengthBytes);
    if (contextBytes !== undefined) total += lengthBytes + 2 * contextBytes;
    if (at.length < MOST_MATCHES && total < MOST_BYTES) return true;
    resumeAt = next;
    return false;
  });
  const columns = { at: Uint32Array.from(at), lengthBytes: Uint32Array.from(lengths) };
  return { ...columns, ...copyAround(parameters, bytes, at, lengths), resumeAt };
}

/** Finds what a pattern matches in one piece of memory; the one read plan is that of the piece. */
export const SEARCH_KERNEL: Kernel<SearchParameters, FoundMatches> = { name: 'search', run: runSearch };

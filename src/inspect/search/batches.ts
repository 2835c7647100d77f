import type { BulkTask, Crew } from '../../format/bytes/crew.js';
import { INLINE_CREW } from '../../format/bytes/inline-crew.js';
import type { MemoryMap } from '../../format/model/memory-map.js';
import { SEARCH_KERNEL, type FoundMatches, type SearchParameters } from './kernel.js';
import type { SearchPattern } from './pattern.js';
import type { Piece } from './piece.js';
import { planPieces, type PlanOptions } from './plan.js';
import { reachOf } from './reach.js';

/** Some matches of one piece, from `first` on. */
export interface MatchBatch {
  readonly piece: Piece;
  readonly found: FoundMatches;
  readonly first: number;
}

export interface BatchOptions extends PlanOptions {
  readonly crew?: Crew | undefined;
  readonly signal?: AbortSignal | undefined;
  /** As in `SearchParameters`. */
  readonly contextBytes: number | undefined;
}

/** One search: what is the same for all its pieces. */
interface Search {
  readonly map: MemoryMap;
  readonly pattern: SearchPattern;
  readonly options: BatchOptions;
}

/**
 * All matches in the order of addresses, some at a time; at least one batch for each piece. What lies across two pieces
 * is found once, also where one match decides where the next may begin.
 */
export async function* searchBatches(search: Search): AsyncGenerator<MatchBatch> {
  const { map, options } = search;
  const pieces: Piece[] = [];
  const { crew = INLINE_CREW, signal } = options;
  let overhang = 0;
  for await (const found of crew.run(SEARCH_KERNEL, [map.contents], tasksOf(search, pieces), { signal })) {
    const piece = pieces.shift();
    if (!piece) break;
    const start = piece.layout.from + (piece.isContinued ? overhang : 0);
    let end = start;
    for await (const batch of settle(search, piece, found, start)) {
      yield batch;
      end = Math.max(end, lastEnd(batch.found));
    }
    // positions of such patterns do not depend on each other
    overhang = search.pattern.kind === 'regex' ? Math.max(0, end - piece.layout.ownedEnd) : 0;
  }
}

function taskOf({ pattern, options }: Search, { layout, plan }: Piece, from: number): BulkTask<SearchParameters> {
  return { parameters: { pattern, layout: { ...layout, from }, contextBytes: options.contextBytes }, reads: [plan] };
}

async function* tasksOf(search: Search, pieces: Piece[]): AsyncGenerator<BulkTask<SearchParameters>> {
  const reach = reachOf(search.pattern, search.options.contextBytes ?? 0);
  for await (const piece of planPieces(search.map, search.options, reach)) {
    pieces.push(piece);
    yield taskOf(search, piece, piece.layout.from);
  }
}

function lastEnd({ at, lengthBytes }: FoundMatches): number {
  return (at.at(-1) ?? 0) + (lengthBytes.at(-1) ?? 0);
}

/** What was found in a piece from `start` on: searches again where that was seen too late, or not to the end. */
async function* settle(search: Search, piece: Piece, found: FoundMatches, start: number): AsyncGenerator<MatchBatch> {
  const first = found.at.findIndex((at) => at >= start);
  const dropped = first < 0 ? found.at.length : first;
  const isAcross = dropped > 0 && (found.at[dropped - 1] ?? 0) + (found.lengthBytes[dropped - 1] ?? 0) > start;
  let now = isAcross ? await searchAgain(search, piece, start) : found;
  yield { piece, found: now, first: isAcross ? 0 : dropped };
  while (now.resumeAt !== undefined) {
    now = await searchAgain(search, piece, Math.max(start, now.resumeAt));
    yield { piece, found: now, first: 0 };
  }
}

/** Searches one piece from another place on, here. */
async function searchAgain(search: Search, piece: Piece, from: number): Promise<FoundMatches> {
  const { map, options } = search;
  const tasks = [taskOf(search, piece, from)];
  for await (const found of INLINE_CREW.run(SEARCH_KERNEL, [map.contents], tasks, { signal: options.signal }))
    return found;
  return { ...NOTHING };
}

const NOTHING: FoundMatches = {
  at: new Uint32Array(0),
  lengthBytes: new Uint32Array(0),
  bytesAt: new Uint32Array(0),
  beforeBytes: new Uint32Array(0),
  bytes: new Uint8Array(0),
  resumeAt: undefined,
};

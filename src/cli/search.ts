import type { MemoryMap } from '../format/model/memory-map.js';
import { hexNumber } from '../format/layout/unit.js';
import { pointerPattern, type SearchPattern } from '../inspect/search/pattern.js';
import { countMatches, searchMemory, type CountOptions, type Match } from '../inspect/search/search.js';
import { readOptions, type Args } from './command.js';
import { printMemoryLines } from './held-output.js';
import { countArgument } from './memory-arguments.js';
import { withMemory, type SearchedMemory } from './memory-search.js';
import { jsonArrayLines } from './output.js';
import { palette } from './palette.js';
import { addressDigits } from './render/address.js';
import { matchElement, matchLines } from './render/search.js';
import { patternArgument, pointedRanges } from './search-pattern.js';

const FOUND = 0;
const NOT_FOUND = 1;

/** A pattern and where it is searched for. */
interface Search {
  readonly pattern: SearchPattern;
  readonly options: CountOptions;
}

/** `crit search IMAGE PATTERN`; returns 1 when nothing was found. */
export async function runSearch(args: Args, signal: AbortSignal): Promise<number> {
  const pattern = patternArgument(args);
  const contextBytes = countArgument(args, 'context') ?? 0;
  return withMemory(args, signal, async (searched) => {
    const searches = searchesOf(args, pattern, searched);
    const { map } = searched.memory;
    if (args['count'] === true) return printCount(args, searches, searched);
    const counted = { matches: 0 };
    const matches = allMatches(map, searches, contextBytes, counted);
    const hasPids = map.spaces.length > 1;
    const digits = addressDigits(map.spaces.flatMap(({ areas }) => areas.map(({ vm_end }) => hexNumber(vm_end))));
    const lines = readOptions(args).json
      ? jsonArrayLines(elements(matches))
      : matchLines(matches, { digits, hasPids, hasContext: contextBytes > 0 }, await palette('stdout'));
    await printMemoryLines(lines, String(args['image']), searched.memory);
    return counted.matches > 0 ? FOUND : NOT_FOUND;
  });
}

/** One search, but for pointers, whose range every space may have elsewhere. */
function searchesOf(args: Args, pattern: SearchPattern | undefined, searched: SearchedMemory): Search[] {
  const { memory, spaces, options } = searched;
  if (pattern) return [{ pattern, options }];
  const { wordBytes } = memory.map.format;
  return pointedRanges(args, spaces).map(([{ pids }, ranges]) => ({
    pattern: pointerPattern(ranges, wordBytes),
    options: { ...options, pids },
  }));
}

async function* allMatches(
  map: MemoryMap,
  searches: readonly Search[],
  contextBytes: number,
  counted: { matches: number },
): AsyncGenerator<Match> {
  for (const { pattern, options } of searches) {
    const limit = (options.limit ?? Infinity) - counted.matches;
    for await (const match of searchMemory(map, pattern, { ...options, limit, contextBytes })) {
      counted.matches++;
      yield match;
    }
  }
}

async function* elements(matches: AsyncIterable<Match>): AsyncGenerator<object> {
  for await (const match of matches) yield matchElement(match);
}

async function printCount(args: Args, searches: readonly Search[], { memory }: SearchedMemory): Promise<number> {
  let count = 0;
  for (const { pattern, options } of searches) {
    const limit = (options.limit ?? Infinity) - count;
    count += await countMatches(memory.map, pattern, { ...options, limit });
  }
  const line = readOptions(args).json ? JSON.stringify({ count }) : String(count);
  await printMemoryLines([line], String(args['image']), memory);
  return count > 0 ? FOUND : NOT_FOUND;
}

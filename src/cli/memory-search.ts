import type { Crew } from '../format/bytes/crew.js';
import { UsageError } from '../format/errors.js';
import type { MappedSpace } from '../format/model/memory-map.js';
import { areaFilter } from '../inspect/search/area-filter.js';
import type { CountOptions } from '../inspect/search/search.js';
import { crewFor } from './bulk-crew.js';
import { readOptions, type Args } from './command.js';
import { countArgument, pidArgument } from './memory-arguments.js';
import { openMemory, type OpenedMemory } from './open.js';
import { Progress } from './progress.js';

/** Memory that is searched, and how. */
export interface SearchedMemory {
  readonly memory: OpenedMemory;
  /** The address spaces that are looked at. */
  readonly spaces: readonly MappedSpace[];
  readonly options: CountOptions;
}

/** The spaces of the task that `--pid` names; all without it. @throws {UsageError} */
function spacesOf({ map }: OpenedMemory, pid: number | undefined): readonly MappedSpace[] {
  if (pid === undefined) return map.spaces;
  const spaces = map.spaces.filter(({ pids }) => pids.includes(pid));
  if (spaces.length > 0) return spaces;
  const expected = map.spaces.flatMap(({ pids }) => pids).join(', ');
  throw new UsageError('BAD_ARGUMENT', { what: 'pid', expected, actual: pid });
}

function textsOf(value: unknown): readonly string[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}

/**
 * Opens an image to search it, as `--pid`, `--vma` and `--limit` say; closes it, takes the progress bar away and ends the
 * threads when `run` is done.
 */
export async function withMemory(
  args: Args,
  signal: AbortSignal,
  run: (searched: SearchedMemory) => Promise<number>,
): Promise<number> {
  const reference = String(args['image']);
  const { freeze, vmaType9 } = readOptions(args);
  const [pid, limit, specs] = [pidArgument(args), countArgument(args, 'limit'), textsOf(args['vma'])];
  const crew: Crew | undefined = await crewFor([reference]);
  const progress = new Progress('searching');
  try {
    const memory = await openMemory(reference, { freeze, signal, vmaType9 });
    try {
      const spaces = spacesOf(memory, pid);
      const within = specs.length > 0 ? areaFilter(specs, spaces) : undefined;
      const onProgress = (done: number, total: number): void => {
        progress.show(done, total);
      };
      const pids = pid === undefined ? undefined : [pid];
      return await run({ memory, spaces, options: { crew, signal, limit, pids, within, onProgress } });
    } finally {
      await memory.close();
    }
  } finally {
    progress.done();
    await crew?.close();
  }
}

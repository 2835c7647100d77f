import { chainFactsOf, type ChainFacts } from './describe-chain.js';
import { describeFormat, describeHeader } from './describe-header.js';
import { describeSharedMemory } from './describe-shared-memory.js';
import { describeTask } from './describe-task.js';
import { sharedMemoryIn } from './shared-memory.js';
import type { Image, Note, Task } from '../format/model/image.js';
import type { FormatDescription, HeaderDescription } from './describe-header.js';
import type { SharedMemoryDescription } from './describe-shared-memory.js';
import type { TaskContext, TaskDescription } from './describe-task.js';
import type { VmaOptions } from './describe-vma.js';

/** Everything in an image but page contents, ready for `JSON.stringify`. */
export interface ImageDescription extends ChainFacts {
  readonly name: string;
  readonly format: FormatDescription;
  readonly header: HeaderDescription;
  /** In the order of the image; `ppid` makes them a tree. */
  readonly tasks: readonly TaskDescription[];
  /** Each memory once, whoever shows it. */
  readonly sharedMemory: readonly SharedMemoryDescription[];
  readonly notes: readonly Note[];
}

export type DescribeOptions = Pick<VmaOptions, 'withRuns'>;

/** The pid of the first task that has each. */
function firstPids<T>(tasks: readonly Task[], partOf: (task: Task) => T | undefined): Map<T, number> {
  const first = new Map<T, number>();
  for (const task of tasks) {
    const part = partOf(task);
    if (part !== undefined && !first.has(part)) first.set(part, task.pid);
  }
  return first;
}

/**
 * Describes an image as plain data: addresses and flag words are `"0x..."` strings, sizes are bytes, enumerations are
 * names, integers beyond 2^53 are decimal strings. Reads no page contents.
 */
export function describeImage(image: Image, options: DescribeOptions = {}): ImageDescription {
  const { tasks } = image;
  const memories = sharedMemoryIn(image);
  const context: TaskContext = {
    options: { ...options, ownBytes: image.layers?.[0]?.bytes ?? (image.parent && Infinity) },
    memories: new Map([...memories.keys()].map((memory, index) => [memory, index])),
    firstWithMm: firstPids(tasks, ({ mm }) => mm),
    firstWithFiles: firstPids(tasks, ({ files }) => files),
  };
  return {
    name: image.name,
    format: describeFormat(image),
    header: describeHeader(image.header),
    tasks: tasks.map((task) => describeTask(task, context)),
    sharedMemory: describeSharedMemory(memories),
    notes: image.notes,
    ...chainFactsOf(image),
  };
}

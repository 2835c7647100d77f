import type { BulkTask, Crew, CrewOptions, Kernel, ReadPlan } from './crew.js';
import { ReadBuffers } from './read-buffer.js';
import { fillPlan, fillPlanSync, plannedBytes } from './read-plan.js';
import { FormatError } from '../errors.js';
import { truncation, type ByteSource } from './source.js';
import { nextTurn } from './turn.js';

/** How much is read before the event loop gets a turn, so that signals are heard. */
const TURN_BYTES = 64 * 1024 * 1024;

/** The source that a plan names. @throws {FormatError} `BAD_REFERENCE` */
export function sourceOf(plan: Pick<ReadPlan, 'source'>, sources: readonly ByteSource[]): ByteSource {
  const source = sources[plan.source];
  if (source) return source;
  throw new FormatError('BAD_REFERENCE', { what: 'source of a task', expected: `< ${String(sources.length)}` });
}

async function readPlan(plan: ReadPlan, source: ByteSource, into: Uint8Array, signal?: AbortSignal): Promise<void> {
  const shortage = source.readSync
    ? fillPlanSync(plan, into, source.readSync.bind(source))
    : await fillPlan(plan, into, (offset, part) => source.read(offset, part, { signal }));
  if (shortage) throw truncation(source, shortage.offset, shortage.missing);
}

/** Everything in the caller's thread; works with any source. The event loop gets a turn now and then. */
async function* runInline<P, R>(
  kernel: Kernel<P, R>,
  sources: readonly ByteSource[],
  tasks: Iterable<BulkTask<P>> | AsyncIterable<BulkTask<P>>,
  options: CrewOptions = {},
): AsyncGenerator<R> {
  const { signal } = options;
  const buffers = new ReadBuffers();
  let sinceTurn = 0;
  await kernel.load?.();
  for await (const { parameters, reads } of tasks) {
    signal?.throwIfAborted();
    const filled: Uint8Array[] = [];
    for (const [index, plan] of reads.entries()) {
      const buffer = buffers.take(index, plannedBytes(plan));
      await readPlan(plan, sourceOf(plan, sources), buffer, signal);
      filled.push(buffer);
      sinceTurn += buffer.length;
    }
    yield kernel.run(parameters, filled);
    if (sinceTurn < TURN_BYTES) continue;
    sinceTurn = 0;
    await nextTurn();
  }
  signal?.throwIfAborted();
}

/** A crew of nobody but the caller. */
export const INLINE_CREW: Crew = {
  threads: 0,
  run: runInline,
  close: () => Promise.resolve(),
};

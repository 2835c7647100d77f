import { availableParallelism } from 'node:os';
import type { BulkTask, Crew, CrewOptions, Kernel } from '../format/bytes/crew.js';
import { INLINE_CREW, sourceOf } from '../format/bytes/inline-crew.js';
import { fill, truncation, type ByteSource } from '../format/bytes/source.js';
import { IoError } from '../format/errors.js';
import { Member } from './member.js';
import type { Answer, Failure } from './protocol.js';
import { unpackError } from './thrown-error.js';

/** More threads than this wait for memory instead of working. */
const MAX_THREADS = 4;
/** Tasks that a thread has at a time: the one it works on, and what it goes on with before we have heard of that. */
const TASKS_PER_THREAD = 3;

export interface StartCrewOptions {
  /** Default: one for each processor, at most 4. */
  readonly threads?: number | undefined;
  /** What the threads run instead of our own program; it calls `serve`. */
  readonly program?: URL | undefined;
}

type Tasks<P> = Iterable<BulkTask<P>> | AsyncIterable<BulkTask<P>>;

/** What the source itself says of a place where a thread could not read. */
async function askSource(source: ByteSource, offset: number): Promise<void> {
  await fill(source, offset, new Uint8Array(1));
}

async function throwFailure(failure: Failure, sources: readonly ByteSource[]): Promise<never> {
  if (failure.kind === 'thrown') throw unpackError(failure.error);
  if (failure.kind === 'cancelled') throw new IoError('WORKER_FAILED', { what: 'work was given up' });
  const source = sourceOf(failure, sources);
  if (failure.kind === 'short') {
    const { offset, missing } = failure.shortage;
    await askSource(source, offset);
    throw truncation(source, offset, missing);
  }
  await askSource(source, failure.offset);
  const cause = unpackError(failure.error);
  throw new IoError('READ_FAILED', { what: `reading ${source.name} failed (${String(cause)})`, cause });
}

function leastLoaded(members: readonly Member[]): Member {
  return members.reduce((best, member) => (member.load < best.load ? member : best));
}

/** Orders of one run and their answers. */
class Run<P, R> {
  readonly #cancelled = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #answers: Promise<Answer>[] = [];
  #nextId: number;

  constructor(
    readonly members: readonly Member[],
    readonly kernel: Kernel<P, R>,
    readonly sources: readonly ByteSource[],
    readonly descriptors: readonly number[],
    firstId: number,
  ) {
    this.#nextId = firstId;
  }

  get isFull(): boolean {
    return this.#answers.length >= this.members.length * TASKS_PER_THREAD;
  }

  get isEmpty(): boolean {
    return this.#answers.length === 0;
  }

  give(task: BulkTask<P>): void {
    const order = { id: this.#nextId++, kernel: this.kernel.name, descriptors: this.descriptors, task };
    this.#answers.push(leastLoaded(this.members).send({ ...order, cancelled: this.#cancelled }));
  }

  /** The result of the oldest task. */
  async take(): Promise<R> {
    const answer = await this.#answers.shift();
    if (!answer) throw new IoError('WORKER_FAILED', { what: 'no task was given' });
    if (answer.failure) return throwFailure(answer.failure, this.sources);
    // what a kernel of this name returned
    return answer.result as R;
  }

  /** Waits until no thread reads the sources any more. */
  async end(): Promise<void> {
    Atomics.store(this.#cancelled, 0, 1);
    await Promise.all(this.#answers);
  }
}

/** Runs apart need ids apart: a thread may have orders of several. */
const IDS_PER_RUN = 2 ** 32;

async function* runAll<P, R>(run: Run<P, R>, tasks: Tasks<P>, options: CrewOptions = {}): AsyncGenerator<R> {
  const { signal } = options;
  try {
    signal?.throwIfAborted();
    for await (const task of tasks) {
      run.give(task);
      if (run.isFull) yield await run.take();
      signal?.throwIfAborted();
    }
    while (!run.isEmpty) {
      yield await run.take();
      signal?.throwIfAborted();
    }
  } finally {
    await run.end();
  }
}

/** The descriptors of all sources; undefined if one has none, so that only the caller's thread can read it. */
function descriptorsOf(sources: readonly ByteSource[]): number[] | undefined {
  const descriptors = sources.flatMap(({ descriptor }) => descriptor ?? []);
  return descriptors.length === sources.length ? descriptors : undefined;
}

class ThreadCrew implements Crew {
  readonly threads: number;
  readonly #members: readonly Member[];
  #runs = 0;

  constructor(members: readonly Member[]) {
    this.#members = members;
    this.threads = members.length;
  }

  run<P, R>(
    kernel: Kernel<P, R>,
    sources: readonly ByteSource[],
    tasks: Tasks<P>,
    options?: CrewOptions,
  ): AsyncGenerator<R> {
    const descriptors = descriptorsOf(sources);
    if (!descriptors) return INLINE_CREW.run(kernel, sources, tasks, options);
    const firstId = this.#runs++ * IDS_PER_RUN;
    return runAll(new Run(this.#members, kernel, sources, descriptors, firstId), tasks, options);
  }

  async close(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.close()));
  }
}

/**
 * Starts threads for bulk work. They read files and processes themselves; what they cannot (HTTP, memory) is worked on in
 * the caller's thread. While they have nothing to do they do not keep the process alive; `close` ends them.
 */
export function startCrew(options: StartCrewOptions = {}): Promise<Crew> {
  const threads = options.threads ?? Math.min(availableParallelism(), MAX_THREADS);
  if (threads === 0) return Promise.resolve(INLINE_CREW);
  const program = options.program ?? new URL('./worker-main.js', import.meta.url);
  return Promise.resolve(new ThreadCrew(Array.from({ length: threads }, () => new Member(program))));
}

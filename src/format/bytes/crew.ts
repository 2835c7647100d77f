import type { ByteSource } from './source.js';

/** Ranges of one source that are read one behind the other into one buffer. */
export interface ReadPlan {
  /** Index in the list of sources. */
  readonly source: number;
  /** In bytes, of equal length. */
  readonly offset: Float64Array;
  readonly length: Float64Array;
}

/**
 * Work on bytes that can be done in any thread: pure, synchronous, found by its name. Parameters and results are plain data
 * that structured clone takes; a kernel keeps no reference to the buffers.
 */
export interface Kernel<P, R> {
  readonly name: string;
  /** Awaited in each thread before `run` is called there for the first time. */
  readonly load?: () => Promise<void>;
  /** @param buffers one for each read plan of the task, filled */
  readonly run: (parameters: P, buffers: readonly Uint8Array[]) => R;
}

/** One piece of bulk work, of 1 to 4 MiB. */
export interface BulkTask<P> {
  readonly parameters: P;
  readonly reads: readonly ReadPlan[];
}

export interface CrewOptions {
  /** Looked at between tasks. */
  readonly signal?: AbortSignal | undefined;
}

/** Those who do bulk work: threads, or the caller's own. */
export interface Crew {
  /** 0 where everything runs in the caller's thread. */
  readonly threads: number;
  /**
   * Reads what each task names and runs the kernel on it. Tasks are taken as there is room for them; results come in the order
   * of the tasks.
   *
   * @throws {FormatError} `TRUNCATED` where a source ends early; what the kernel throws; the reason of the signal
   */
  run<P, R>(
    kernel: Kernel<P, R>,
    sources: readonly ByteSource[],
    tasks: Iterable<BulkTask<P>> | AsyncIterable<BulkTask<P>>,
    options?: CrewOptions,
  ): AsyncGenerator<R>;
  close(): Promise<void>;
}

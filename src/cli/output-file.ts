import { availableParallelism } from 'node:os';
import { createFile } from '../format/bytes/file.js';
import { FileSink } from '../format/bytes/file-sink.js';
import type { ByteSink } from '../format/bytes/sink.js';
import type { DigestWritten } from '../convert/indexed-sink.js';
import { UsageError } from '../format/errors.js';
import { STANDARD_STREAM } from './command.js';
import { standardOutput } from './output.js';

/** From here on reading and writing at the same time is worth the start of a thread. */
const OVERLAP_BYTES = 64 * 1024 * 1024;

/** Refuses to print JSON and an image on the same stream. @throws {UsageError} `BAD_ARGUMENT` */
export function checkOutput(output: string, isJson: boolean, spelling: string): void {
  if (!isJson || output !== STANDARD_STREAM) return;
  throw new UsageError('BAD_ARGUMENT', { what: `--json and ${spelling} both want standard output` });
}

/** Where an image goes: a file that gets its name when it is complete, or standard output. @throws {IoError} */
export function openOutput(output: string): ByteSink {
  return output === STANDARD_STREAM ? standardOutput() : createFile(output);
}

/** How an output is written. */
export interface Overlapped {
  readonly out: ByteSink;
  readonly digestLater: DigestWritten | undefined;
}

/**
 * The same output, written while the next bytes are read if about `bytes` will come and there is a processor for it; digests
 * of them then wait until all is written, when a process runs on already.
 */
export async function overlapped(sink: ByteSink, bytes: number): Promise<Overlapped> {
  if (!(sink instanceof FileSink) || bytes < OVERLAP_BYTES || availableParallelism() === 1)
    return { out: sink, digestLater: undefined };
  const { ThreadedSink } = await import('../workers/threaded-sink.js');
  return { out: new ThreadedSink(sink), digestLater: digestByThreads };
}

const digestByThreads: DigestWritten = async (written, streamBytes) => {
  const [{ startCrew }, { computeChunkDigests }] = await Promise.all([
    import('../workers/crew.js'),
    import('../inspect/chunk-digests.js'),
  ]);
  const crew = await startCrew();
  try {
    return await computeChunkDigests(written, streamBytes, { crew });
  } finally {
    await crew.close();
  }
};

/** The unfinished file, which somebody may have to remove for us. */
export function temporaryFileOf(sink: ByteSink): string | undefined {
  return sink instanceof FileSink ? sink.temporaryName : undefined;
}

/** The file for a summary; `null` for standard output. */
export function fileOf(output: string): string | null {
  return output === STANDARD_STREAM ? null : output;
}

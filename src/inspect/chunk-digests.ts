import { equalRanges } from '../format/bytes/fast-bytes.js';
import { FormatError } from '../format/errors.js';
import { CHUNK_BYTES, CHUNK_LIMITS, DIGEST_BYTES, chunkCount } from '../format/model/chunk-digests.js';
import { progressInSteps } from './bulk-progress.js';
import { CHUNK_DIGESTS } from './chunk-digest-kernel.js';
import type { BulkTask, Crew } from '../format/bytes/crew.js';
import type { ByteSource } from '../format/bytes/source.js';
import type { ChunkDigests } from '../format/model/chunk-digests.js';

/** Bytes of one task, where chunks are smaller. */
const TASK_BYTES = 4 * 1024 * 1024;

export interface DigestOptions {
  readonly crew: Crew;
  /** Looked at between tasks. */
  readonly signal?: AbortSignal | undefined;
  /** Called about every 32 MiB, and at the end. */
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

/** Bytes `[startOffset, endOffset)` of a file. */
export type ByteRange = readonly [startOffset: number, endOffset: number];

function taskBytes(chunkBytes: number): number {
  return chunkBytes * Math.max(1, Math.floor(TASK_BYTES / chunkBytes));
}

function* planTasks(chunkBytes: number, streamBytes: number): Generator<BulkTask<{ chunkBytes: number }>> {
  const step = taskBytes(chunkBytes);
  for (let offset = 0; offset < streamBytes; offset += step) {
    const length = Math.min(step, streamBytes - offset);
    yield {
      parameters: { chunkBytes },
      reads: [{ source: 0, offset: Float64Array.of(offset), length: Float64Array.of(length) }],
    };
  }
}

/** Digests of the first `streamBytes` bytes, a few chunks at a time, in order. */
async function* digestsOf(
  source: ByteSource,
  chunkBytes: number,
  streamBytes: number,
  { crew, signal, onProgress }: DigestOptions,
): AsyncGenerator<Uint8Array> {
  const tell = progressInSteps(streamBytes, onProgress);
  let doneBytes = 0;
  for await (const values of crew.run(CHUNK_DIGESTS, [source], planTasks(chunkBytes, streamBytes), { signal })) {
    doneBytes = Math.min(doneBytes + taskBytes(chunkBytes), streamBytes);
    tell(doneBytes);
    yield values;
  }
}

/**
 * Digests the first `streamBytes` bytes of a file in chunks of `CHUNK_BYTES`.
 *
 * @throws {FormatError} `TRUNCATED` where the source ends before; the reason of the signal
 */
export async function computeChunkDigests(
  source: ByteSource,
  streamBytes: number,
  options: DigestOptions,
): Promise<ChunkDigests> {
  const chunkBytes = CHUNK_BYTES;
  const values = new Uint8Array(chunkCount({ chunkBytes, streamBytes }) * DIGEST_BYTES);
  let filled = 0;
  for await (const part of digestsOf(source, chunkBytes, streamBytes, options)) {
    values.set(part, filled);
    filled += part.length;
  }
  return { chunkBytes, streamBytes, values };
}

/** Digests may come from a file: nothing is read or allocated by what they claim before this. */
function assertConsistent(digests: ChunkDigests): void {
  const { chunkBytes, streamBytes, values } = digests;
  const { min, max } = CHUNK_LIMITS;
  const isChunkSize = Number.isInteger(chunkBytes) && chunkBytes >= min && chunkBytes <= max;
  if (!isChunkSize)
    throw new FormatError('INDEX_DAMAGED', {
      what: 'the size of a chunk',
      expected: `${min} to ${max} bytes`,
      actual: chunkBytes,
    });
  const isStreamSize = Number.isSafeInteger(streamBytes) && streamBytes >= 0;
  const expected = chunkCount(digests) * DIGEST_BYTES;
  if (!isStreamSize || values.length !== expected)
    throw new FormatError('INDEX_DAMAGED', {
      what: `the length of the digests of ${streamBytes} bytes`,
      expected,
      actual: values.length,
    });
}

/** Adds a chunk behind those that are known, as one range with the one it touches. */
function addDamage(damaged: [number, number][], startOffset: number, endOffset: number): void {
  const last = damaged.at(-1);
  if (last?.[1] === startOffset) last[1] = endOffset;
  else damaged.push([startOffset, endOffset]);
}

/**
 * Reads a file again and compares it with its digests. What the file is too short to hold is damaged.
 *
 * @returns  the chunks that are not what they were, neighbours as one range, ascending
 * @throws {FormatError} `INDEX_DAMAGED` where the digests contradict themselves; `TRUNCATED` where the file gets shorter
 *   meanwhile; the reason of the signal
 */
export async function checkChunkDigests(
  source: ByteSource,
  digests: ChunkDigests,
  options: DigestOptions,
): Promise<ByteRange[]> {
  assertConsistent(digests);
  const { chunkBytes, streamBytes, values } = digests;
  const isWhole = source.size >= streamBytes;
  const readBytes = isWhole ? streamBytes : Math.floor(source.size / chunkBytes) * chunkBytes;
  const damaged: [number, number][] = [];
  let at = 0;
  for await (const part of digestsOf(source, chunkBytes, readBytes, options)) {
    for (let partAt = 0; partAt < part.length; partAt += DIGEST_BYTES, at += DIGEST_BYTES) {
      if (equalRanges(values, at, part, partAt, DIGEST_BYTES)) continue;
      const startOffset = (at / DIGEST_BYTES) * chunkBytes;
      addDamage(damaged, startOffset, Math.min(startOffset + chunkBytes, streamBytes));
    }
  }
  if (!isWhole) addDamage(damaged, readBytes, streamBytes);
  return damaged;
}

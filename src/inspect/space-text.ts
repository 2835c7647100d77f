import type { MemoryError } from '../format/errors.js';
import { decodeText } from '../format/bytes/text.js';
import { memoryParts, isMissing } from './space-parts.js';
import type { ReadMemoryOptions, Space } from './space.js';

/** Text in memory, up to a NUL. */
export interface MemoryText {
  readonly vaddr: bigint;
  /** Bytes that are no UTF-8 as lone surrogates. */
  readonly text: string;
  /** Without the NUL. */
  readonly lengthBytes: number;
  /** Whether there is a NUL behind it. */
  readonly isTerminated: boolean;
  /** Why it could not be read further. */
  readonly error: MemoryError | undefined;
}

/** Reads the text at `vaddr`, at most `limit` bytes of it. @throws what `readInto` throws, but for MemoryError */
export async function readText(
  space: Space,
  vaddr: bigint,
  limit: number,
  options: ReadMemoryOptions = {},
): Promise<MemoryText> {
  const bytes = new Uint8Array(limit);
  const made = (length: number, isTerminated: boolean, error?: MemoryError): MemoryText => {
    const text = decodeText(bytes.subarray(0, length));
    return { vaddr, text, lengthBytes: length, isTerminated, error };
  };
  let length = 0;
  for await (const part of memoryParts(space, { start: vaddr, end: vaddr + BigInt(limit) }, options)) {
    if (isMissing(part)) return made(length, false, part.error);
    const end = part.bytes.indexOf(0);
    bytes.set(end < 0 ? part.bytes : part.bytes.subarray(0, end), length);
    length += end < 0 ? part.bytes.length : end;
    if (end >= 0) return made(length, true);
  }
  return made(length, false);
}

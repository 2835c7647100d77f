import { isMissing, type MemoryPart } from './space-parts.js';

export type WordBytes = 1 | 2 | 4 | 8;

/** An unsigned integer in memory, in the byte order of x86. */
export interface MemoryWord {
  readonly vaddr: bigint;
  readonly value: bigint;
}

const READERS: Readonly<Record<WordBytes, (view: DataView, at: number) => number | bigint>> = {
  1: (view, at) => view.getUint8(at),
  2: (view, at) => view.getUint16(at, true),
  4: (view, at) => view.getUint32(at, true),
  8: (view, at) => view.getBigUint64(at, true),
};

/**
 * The words in memory at `start`, `start + wordBytes` and so on; those that are not all there are left out.
 *
 * @param parts  as `memoryParts` gives them
 */
export async function* wordsIn(
  parts: AsyncIterable<MemoryPart>,
  start: bigint,
  wordBytes: WordBytes,
): AsyncGenerator<MemoryWord> {
  const step = BigInt(wordBytes);
  const read = READERS[wordBytes];
  for await (const part of parts) {
    if (isMissing(part)) continue;
    const { vaddr, bytes } = part;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const behind = Number((vaddr - start) % step);
    for (let at = behind === 0 ? 0 : wordBytes - behind; at + wordBytes <= bytes.length; at += wordBytes)
      yield { vaddr: vaddr + BigInt(at), value: BigInt(read(view, at)) };
  }
}

import { hexBytes, hexNumber } from '../../format/layout/unit.js';
import { isMissing, type MemoryPart } from '../../inspect/space-parts.js';
import type { AddressLabel } from '../../inspect/space-label.js';
import type { MemoryText } from '../../inspect/space-text.js';
import type { MemoryWord } from '../../inspect/space-words.js';

/** Bytes in one element. */
const ELEMENT_BYTES = 4096;

/** Memory as `{ vaddr, hex }`, and what cannot be read as `{ vaddr, end, code, message }`. */
export async function* memoryElements(parts: AsyncIterable<MemoryPart>): AsyncGenerator<object> {
  for await (const part of parts) {
    const vaddr = hexNumber(part.vaddr);
    if (isMissing(part)) {
      yield { vaddr, end: `0x${part.end.toString(16)}`, code: part.error.code, message: part.error.message };
      continue;
    }
    for (let at = 0; at < part.bytes.length; at += ELEMENT_BYTES) {
      const hex = hexBytes(part.bytes.subarray(at, at + ELEMENT_BYTES));
      yield { vaddr: hexNumber(part.vaddr + BigInt(at)), hex };
    }
  }
}

/** Words as `{ vaddr, value, pointsTo }`. */
export async function* wordElements(
  words: AsyncIterable<MemoryWord>,
  label: AddressLabel | undefined,
): AsyncGenerator<object> {
  for await (const { vaddr, value } of words)
    yield { vaddr: hexNumber(vaddr), value: hexNumber(value), pointsTo: label?.(value) ?? null };
}

/** Text as `{ vaddr, text, lengthBytes, isTerminated }`. */
export function textDocument({ vaddr, text, lengthBytes, isTerminated }: MemoryText): object {
  return { vaddr: hexNumber(vaddr), text, lengthBytes, isTerminated };
}

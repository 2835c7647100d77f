import { hexNumber } from '../../format/layout/unit.js';
import { addressText } from './address.js';
import { printable } from './printable.js';
import type { AddressLabel } from '../../inspect/space-label.js';
import type { MemoryWord, WordBytes } from '../../inspect/space-words.js';
import type { Palette } from './palette.js';

const BATCH_LINES = 1024;
const DIGITS_A_BYTE = 2;
/** Of the largest number of so many bytes. */
const DECIMAL_DIGITS: Readonly<Record<WordBytes, number>> = { 1: 3, 2: 5, 4: 10, 8: 20 };

export interface WordLineOptions {
  readonly wordBytes: WordBytes;
  /** Of an address. */
  readonly digits: number;
  /** What a word that is an address points to; undefined where words are no addresses. */
  readonly label: AddressLabel | undefined;
}

/** A word a line: its address, in hex, in decimal, and what it points to. Many lines at a time, joined. */
export async function* wordLines(
  words: AsyncIterable<MemoryWord>,
  { wordBytes, digits, label }: WordLineOptions,
  palette: Palette,
): AsyncGenerator<string> {
  let lines: string[] = [];
  for await (const { vaddr, value } of words) {
    const hex = `0x${value.toString(16).padStart(wordBytes * DIGITS_A_BYTE, '0')}`;
    const decimal = String(value).padStart(DECIMAL_DIGITS[wordBytes]);
    const target = label?.(value);
    const pointsTo = target === undefined ? '' : `  ${palette.name(printable(target))}`;
    lines.push(`${addressText(hexNumber(vaddr), digits)}  ${hex}  ${decimal}${pointsTo}`);
    if (lines.length < BATCH_LINES) continue;
    yield lines.join('\n');
    lines = [];
  }
  if (lines.length > 0) yield lines.join('\n');
}

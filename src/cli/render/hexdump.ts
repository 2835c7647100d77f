import { equalRanges } from '../../format/bytes/fast-bytes.js';
import { hexNumber } from '../../format/layout/unit.js';
import { isMissing, type MemoryPart, type MissingPart } from '../../inspect/space-parts.js';
import { vmaLabel } from '../../inspect/describe-vma.js';
import { addressText, rangeText } from './address.js';
import { ROW_BYTES, hexRowText } from './hex-row.js';
import { printable } from './printable.js';
import type { Palette } from './palette.js';

/** Stands for all rows that are like the one above. */
const FOLDED = '*';

/** What the rows to come are compared with. */
interface Fold {
  /** The last whole row; it repeats only where `hasRow`. */
  readonly row: Uint8Array;
  hasRow: boolean;
  isFolded: boolean;
}

function missingLine({ vaddr, end, area }: MissingPart, digits: number, palette: Palette): string {
  const range = rangeText({ start: hexNumber(vaddr), end: hexNumber(end) }, digits);
  const what = area ? `not in the image: ${area.kind} ${printable(vmaLabel(area) ?? '')}`.trimEnd() : 'not mapped';
  return `${range}  ${palette.warning(what)}`;
}

/** Whether the whole row at `at` is like the last one. */
function isRepeated(bytes: Uint8Array, at: number, fold: Fold): boolean {
  return fold.hasRow && equalRanges(bytes, at, fold.row, 0, ROW_BYTES);
}

/** Where the rows end that are like the one at `at`, or before: compared in steps that grow, so that no byte is seen often. */
function repeatedEnd(bytes: Uint8Array, at: number): number {
  const wholeEnd = bytes.length - ((bytes.length - at) % ROW_BYTES);
  let end = at + ROW_BYTES;
  for (let step = ROW_BYTES; end < wholeEnd; step *= 2) {
    const length = Math.min(step, wholeEnd - end);
    if (!equalRanges(bytes, end - ROW_BYTES, bytes, end, length)) break;
    end += length;
  }
  return end;
}

/** The rows of bytes that lie one behind the other; `start` is where they begin in a row. */
function* rowLines(vaddr: bigint, bytes: Uint8Array, digits: number, fold: Fold): Generator<string> {
  let column = Number(vaddr % BigInt(ROW_BYTES));
  for (let at = 0, next; at < bytes.length; at = next) {
    next = Math.min(bytes.length, at + ROW_BYTES - column);
    const isWhole = next - at === ROW_BYTES;
    if (isWhole && isRepeated(bytes, at, fold)) {
      if (!fold.isFolded) yield FOLDED;
      fold.isFolded = true;
      next = repeatedEnd(bytes, at);
      continue;
    }
    const row = bytes.subarray(at, next);
    if (isWhole) fold.row.set(row);
    fold.hasRow = isWhole;
    fold.isFolded = false;
    yield `${addressText(hexNumber(vaddr + BigInt(at - column)), digits)}  ${hexRowText({ column, bytes: row })}`;
    column = 0;
  }
}

/**
 * Memory as in `hexdump -C`: 16 bytes a line, which begins at a multiple of 16; lines that repeat the one above as one `*`;
 * what cannot be read as a line with its range; and the end address. Many lines at a time, joined.
 *
 * @param digits  of an address
 */
export async function* hexdumpLines(
  parts: AsyncIterable<MemoryPart>,
  digits: number,
  palette: Palette,
): AsyncGenerator<string> {
  const fold: Fold = { row: new Uint8Array(ROW_BYTES), hasRow: false, isFolded: false };
  let last: string | undefined;
  for await (const part of parts) {
    const end = isMissing(part) ? part.end : part.vaddr + BigInt(part.bytes.length);
    last = isMissing(part) ? undefined : addressText(hexNumber(end), digits);
    if (isMissing(part)) fold.hasRow = false;
    const lines = isMissing(part)
      ? missingLine(part, digits, palette)
      : [...rowLines(part.vaddr, part.bytes, digits, fold)].join('\n');
    if (lines !== '') yield lines;
  }
  if (last !== undefined) yield last;
}

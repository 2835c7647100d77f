import { addressText } from './address.js';
import { taskDigits } from './diff-vma.js';
import { hexNumber } from '../../format/layout/unit.js';
import type { ChangedBytes } from '../../inspect/changed-bytes.js';
import type { Palette, Style } from './palette.js';

const ROW_BYTES = 16;
const FIRST_SHOWN = 0x20;
const LAST_SHOWN = 0x7e;

/** Bytes of one row of memory; those outside the range are blank. */
interface Row {
  /** Where the range begins in the row. */
  readonly column: number;
  readonly bytes: Uint8Array;
}

/** What stands for each byte; made when first used, as there may be millions of rows. */
let cells: { readonly hex: readonly string[]; readonly ascii: readonly string[] } | undefined;

function cellsOfBytes(): NonNullable<typeof cells> {
  if (cells) return cells;
  const all = Array.from({ length: 256 }, (_, byte) => byte);
  cells = {
    hex: all.map((byte) => `${byte.toString(16).padStart(2, '0')} `),
    ascii: all.map((byte) => (byte >= FIRST_SHOWN && byte <= LAST_SHOWN ? String.fromCharCode(byte) : '.')),
  };
  return cells;
}

function rowText({ column, bytes }: Row, cell: readonly string[], blank: string): string {
  let text = blank.repeat(column);
  for (const byte of bytes) text += cell[byte] ?? '';
  return text + blank.repeat(ROW_BYTES - column - bytes.length);
}

function rowLine(address: string, sign: string, row: Row, style: Style): string {
  const { hex, ascii } = cellsOfBytes();
  return `${address} ${style(`${sign} ${rowText(row, hex, '   ')} |${rowText(row, ascii, ' ')}|`)}`;
}

/** Changed bytes as in `hexdump -C`: each row of memory before and after; addresses are those after. */
export function* changedBytesLines(changed: ChangedBytes, palette: Palette): Generator<string> {
  const digits = taskDigits(changed.task);
  const end = changed.after.length;
  let column = Number(changed.vaddr % BigInt(ROW_BYTES));
  for (let start = 0, next; start < end; start = next) {
    next = Math.min(end, start + ROW_BYTES - column);
    const row = addressText(hexNumber(changed.vaddr + BigInt(start - column)), digits);
    yield rowLine(row, '-', { column, bytes: changed.before.subarray(start, next) }, palette.removed);
    yield rowLine(' '.repeat(digits), '+', { column, bytes: changed.after.subarray(start, next) }, palette.added);
    column = 0;
  }
}

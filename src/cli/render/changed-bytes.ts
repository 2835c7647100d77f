import { addressText } from './address.js';
import { taskDigits } from './diff-vma.js';
import { ROW_BYTES, hexRowText, type HexRow } from './hex-row.js';
import { hexNumber } from '../../format/layout/unit.js';
import type { ChangedBytes } from '../../inspect/changed-bytes.js';
import type { Palette, Style } from './palette.js';

function rowLine(address: string, sign: string, row: HexRow, style: Style): string {
  return `${address} ${style(`${sign} ${hexRowText(row)}`)}`;
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

export const ROW_BYTES = 16;

const FIRST_SHOWN = 0x20;
const LAST_SHOWN = 0x7e;

/** Bytes of one row of memory, which begins at a multiple of 16; those outside the range are blank. */
export interface HexRow {
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

function rowText({ column, bytes }: HexRow, cell: readonly string[], blank: string): string {
  let text = blank.repeat(column);
  for (const byte of bytes) text += cell[byte] ?? '';
  return text + blank.repeat(ROW_BYTES - column - bytes.length);
}

/** A row as in `hexdump -C`: `48 65 6c ... |Hel...|`. */
export function hexRowText(row: HexRow): string {
  const { hex, ascii } = cellsOfBytes();
  return `${rowText(row, hex, '   ')} |${rowText(row, ascii, ' ')}|`;
}

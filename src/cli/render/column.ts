// Cells that are padded hold ASCII: numbers, names of ours. Text from an image stands in the last column.

/** Text with blanks behind it, up to `width` columns. */
export function leftAligned(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - text.length));
}

/** The width of the widest text, in columns. */
export function widest(texts: Iterable<string>): number {
  let width = 0;
  for (const text of texts) width = Math.max(width, text.length);
  return width;
}

/** Lines of a table: cells two blanks apart, aligned by column; the last column is not filled up. */
export function tableLines(rows: readonly (readonly string[])[], alignment: readonly ('left' | 'right')[]): string[] {
  const widths = alignment.map((_, column) => widest(rows.map((row) => row[column] ?? '')));
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      if (alignment[column] === 'right') return ' '.repeat(width - cell.length) + cell;
      return column === row.length - 1 ? cell : leftAligned(cell, width);
    });
    return cells.join('  ').trimEnd();
  });
}

/** A table whose first column is text; `right` columns are numbers. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[], right = 0): string {
  const rule = heading.map((_, column) => (column >= heading.length - right ? '---:' : '---'));
  return [heading, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** A part that is folded until somebody asks for it. */
export function folded(summary: string, content: string): string {
  return `<details><summary>${summary}</summary>\n\n${content}\n\n</details>`;
}

/** A revision of the tables, and the revisions of the patches that it stands for. */
export interface Span {
  readonly name: string;
  readonly first: string;
  readonly last: string;
}

/** Those of `all` whose name is wanted; neighbours as `v10 to v13`. */
export function ranges(all: readonly Span[], wanted: readonly string[]): string {
  const parts: string[] = [];
  let start: Span | undefined;
  all.forEach((span, i) => {
    if (!wanted.includes(span.name)) return;
    start ??= span;
    const next = all[i + 1];
    if (next !== undefined && wanted.includes(next.name)) return;
    parts.push(start.first === span.last ? span.last : `${start.first} to ${span.last}`);
    start = undefined;
  });
  return parts.join(', ');
}

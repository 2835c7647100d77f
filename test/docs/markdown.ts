/** A table whose first column is text; `right` columns are numbers. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[], right = 0): string {
  const rule = heading.map((_, column) => (column >= heading.length - right ? '---:' : '---'));
  return [heading, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** A part that is folded until somebody asks for it. */
export function folded(summary: string, content: string): string {
  return `<details><summary>${summary}</summary>\n\n${content}\n\n</details>`;
}

/** Names in the order of `all`, neighbours as `a to z`. */
export function ranges(all: readonly string[], wanted: readonly string[]): string {
  const parts: string[] = [];
  let first: string | undefined;
  all.forEach((name, i) => {
    if (!wanted.includes(name)) return;
    first ??= name;
    const next = all[i + 1];
    if (next !== undefined && wanted.includes(next)) return;
    parts.push(first === name ? name : `${first} to ${name}`);
    first = undefined;
  });
  return parts.join(', ');
}

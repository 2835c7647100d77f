import type { Layout } from './layout.js';

/** A struct table for the documentation: one row a field, with offset, size, type, unit and meaning. */
export function layoutToMarkdown(layout: Layout): string {
  const rows = layout.fields
    .filter((f) => f.size > 0)
    .map(
      (f) => `| ${String(f.offset)} | ${String(f.size)} | \`${f.name}\` | ${f.type.name} | ${f.unit.name} | ${f.doc} |`,
    );
  const title = `**${layout.name}** — ${String(layout.size)} bytes`;
  return [title, '', '| offset | size | field | type | unit | meaning |', '|---:|---:|---|---|---|---|', ...rows].join(
    '\n',
  );
}

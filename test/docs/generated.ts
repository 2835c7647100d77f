import { goldenBytes } from '../support/golden.js';
import { MemorySource } from '../../src/format/bytes/memory.js';
import { CR_HDR } from '../../src/format/cr/record.js';
import { V1, V11, V2, V4, V8, V9 } from '../../src/format/cr/revision.js';
import { STRUCTS, type RecordName } from '../../src/format/cr/structs.js';
import { PID_ENTRY } from '../../src/format/cr/task.js';
import type { Layout } from '../../src/format/layout/layout.js';
import { layoutToMarkdown } from '../../src/format/layout/markdown.js';
import { hexNumber } from '../../src/format/layout/unit.js';
import { VM_FLAGS } from '../../src/format/model/vm-flags.js';
import { readRecords } from '../../src/format/registry.js';
import { renderRecord } from '../../src/cli/render/records.js';

const REVISIONS = [V1, V2, V4, V8, V9, V11];

/** Layouts that only some revisions have. */
function variants(): readonly Layout[] {
  return REVISIONS.flatMap(({ layouts }) => Object.values(layouts).flatMap<Layout>((own) => own));
}

const LAYOUTS: ReadonlyMap<string, Layout> = new Map(
  [CR_HDR, PID_ENTRY, ...Object.values<Layout>(STRUCTS), ...variants()].map((layout) => [layout.name, layout]),
);

function numbers(): string {
  const names = Object.keys(V11.types) as RecordName[];
  names.sort((a, b) => (V11.types[a] ?? 0) - (V11.types[b] ?? 0));
  const cells = (name: RecordName): string[] => REVISIONS.map(({ types }) => String(types[name] ?? '–'));
  const rows = names.map((name) => `| ${[name, ...cells(name)].join(' | ')} |`);
  const heading = `| ${['record', ...REVISIONS.map(({ covers }) => covers)].join(' | ')} |`;
  return [heading, `|---${'|---:'.repeat(REVISIONS.length)}|`, ...rows].join('\n');
}

function flags(): string {
  const rows = Object.entries(VM_FLAGS).map(([name, bit]) => `| ${name} | ${hexNumber(bit)} |`);
  return ['| VM flag | bit |', '|---|---:|', ...rows].join('\n');
}

async function records(name: string): Promise<string> {
  const lines: string[] = [];
  for await (const record of readRecords(new MemorySource(goldenBytes(name)))) lines.push(...renderRecord(record));
  return ['```', ...lines, '```'].join('\n');
}

async function generate(what: string, argument: string): Promise<string> {
  const layout = LAYOUTS.get(argument);
  if (what === 'layout' && layout) return layoutToMarkdown(layout);
  if (what === 'numbers') return numbers();
  if (what === 'flags') return flags();
  if (what === 'records') return records(argument);
  throw new Error(`the page asks for ${what} ${argument}, which there is not`);
}

const MARK = /(<!-- (\w+) ?(\S*) -->\n)[\s\S]*?(<!-- end -->)/g;

/** The page with everything between its marks made anew. */
export async function renderPage(page: string): Promise<string> {
  const parts: string[] = [];
  let done = 0;
  for (const match of page.matchAll(MARK)) {
    const [whole, start = '', what = '', argument = '', end = ''] = match;
    parts.push(page.slice(done, match.index), start, await generate(what, argument), '\n', end);
    done = match.index + whole.length;
  }
  return parts.join('') + page.slice(done);
}

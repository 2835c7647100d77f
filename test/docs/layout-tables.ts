import { EPOLL_ITEM } from '../../src/format/ckpt/files.js';
import { RLIMIT } from '../../src/format/ckpt/signals.js';
import { PID_NUMBER, PID_OBJECT } from '../../src/format/ckpt/tree.js';
import { REVISIONS } from '../../src/format/ckpt/revision.js';
import { PID_ENTRY } from '../../src/format/cr/task.js';
import type { Layout } from '../../src/format/layout/layout.js';
import { layoutToMarkdown } from '../../src/format/layout/markdown.js';
import { FAMILIES, familyOf, type PageRevision, type PageShape } from './families.js';
import { folded, ranges } from './markdown.js';

/** One layout, and where it is found. */
interface Found {
  readonly layout: Layout;
  readonly names: Set<string>;
  readonly revisions: string[];
}

/** Layouts that are no record: elements of arrays, by the name that marks on the page have for them. */
const ELEMENTS: Readonly<Record<string, readonly Layout[]>> = {
  cr_hdr: [familyOf('cr').header],
  ckpt_hdr: [familyOf('ckpt').header],
  cr_pids: [PID_ENTRY],
  pid_object: [PID_OBJECT, PID_NUMBER],
  epoll_item: [EPOLL_ITEM],
  rlimit: [RLIMIT],
};

function sameStruct(layout: Layout): string {
  return JSON.stringify(layout.fields.map(({ name, offset, size, type, unit, doc }) => [name, offset, size, type.name, unit.name, doc]));
}

/** Each layout once, with all revisions that have it. */
function distinct(of: (revision: PageRevision) => readonly Layout[], revisions: readonly PageRevision[]): Found[] {
  const found = new Map<string, Found>();
  for (const revision of revisions)
    for (const layout of of(revision)) {
      const key = sameStruct(layout);
      const entry = found.get(key) ?? { layout, names: new Set(), revisions: [] };
      found.set(key, entry);
      entry.names.add(layout.name);
      if (!entry.revisions.includes(revision.name)) entry.revisions.push(revision.name);
    }
  return [...found.values()];
}

/** The table with offsets from the start of the record. */
function tableOf(layout: Layout, headerBytes: number): string {
  const fields = layout.fields.map((field) => ({ ...field, offset: field.offset + headerBytes }));
  const [, , ...lines] = layoutToMarkdown({ ...layout, fields }).split('\n');
  return lines.join('\n');
}

/** That a struct is of one word size, where another one of the revision is of the other. */
function wordSize(layout: Layout, all: readonly Found[], name: string): string {
  const hasBoth = all.some((other) => other.layout.u64Align !== layout.u64Align && [...other.names].some((n) => n.startsWith(name)));
  if (!hasBoth) return '';
  return layout.u64Align === 4 ? ', x86_32' : ', x86_64';
}

function section(found: Found, all: readonly Found[], revisions: readonly PageRevision[], headerBytes: number, tail = ''): string {
  const { layout, names } = found;
  const where = ranges(
    revisions.map(({ name }) => name),
    found.revisions,
  );
  const bytes = `${layout.size + headerBytes} bytes${tail}`;
  const [name = ''] = names;
  const title = `<code>${[...names].join('</code>, <code>')}</code>: ${bytes}, ${where}${wordSize(layout, all, name)}`;
  return folded(title, tableOf(layout, headerBytes));
}

const TAILS: Readonly<Record<PageShape['tail']['kind'], string>> = {
  none: '',
  bytes: ' and bytes to its end',
  text: ' and text to its end',
  elements: ' and an array to its end',
};

function elementsOf({ shapes }: PageRevision, name: string): readonly Layout[] {
  const tail = shapes[name]?.tail;
  return tail?.kind === 'elements' ? [tail.layout] : [];
}

/** What a record is that begins with no struct. */
function withoutStruct(name: string, revisions: readonly PageRevision[], headerBytes: number): string[] {
  const plain = revisions.filter(({ shapes }) => shapes[name]?.layouts.length === 0);
  const kinds = new Set(plain.map(({ shapes }) => shapes[name]?.tail.kind ?? 'none'));
  return [...kinds].map((kind) => {
    const of = plain.filter(({ shapes }) => shapes[name]?.tail.kind === kind).map((revision) => revision.name);
    const where = ranges(
      revisions.map((revision) => revision.name),
      of,
    );
    const what = { none: 'the record header alone', bytes: 'bytes', text: 'text', elements: 'an array' }[kind];
    return `<code>${name}</code>: ${what}${kind === 'none' && headerBytes > 0 ? ` (${headerBytes} bytes)` : ''}, ${where}.`;
  });
}

function recordTables(name: string, revisions: readonly PageRevision[], headerBytes: number): string {
  const having = revisions.filter(({ shapes }) => shapes[name] !== undefined);
  if (having.length === 0) throw new RangeError(`the page asks for the record ${name}`);
  const structs = distinct(({ shapes }) => shapes[name]?.layouts ?? [], having);
  const tail = TAILS[having.at(-1)?.shapes[name]?.tail.kind ?? 'none'];
  const elements = distinct((revision) => elementsOf(revision, name), having);
  return [
    ...structs.map((found) => section(found, structs, revisions, headerBytes, tail)),
    ...withoutStruct(name, having, headerBytes),
    ...elements.map((found) => section(found, elements, revisions, 0)),
  ].join('\n\n');
}

/** Every layout that the records of these names have in a family. */
export function layoutTables(family: string, names: readonly string[]): string {
  const { revisions, headerBytes } = familyOf(family);
  return names.map((name) => recordTables(name, revisions, headerBytes)).join('\n\n');
}

/** Layouts that are no record, or what one task is in the array behind TREE (`pids`). */
export function elementTables(name: string): string {
  if (name === 'ckpt_pids') {
    const revisions = REVISIONS.map((revision) => ({ ...revision, shapes: {} }));
    const pids = new Map(REVISIONS.map((revision) => [revision.name, revision.pids]));
    const all = distinct((revision) => [pids.get(revision.name) ?? PID_ENTRY], revisions);
    return all.map((found) => section(found, all, revisions, 0)).join('\n\n');
  }
  const layouts = ELEMENTS[name];
  if (!layouts) throw new RangeError(`the page asks for the struct ${name}`);
  return layouts.map((layout) => `**${layout.name}**: ${layout.size} bytes\n\n${tableOf(layout, 0)}`).join('\n\n');
}

/** All records that some revision of a family has. */
export function recordNames(family: string): readonly string[] {
  return [...new Set((FAMILIES[family]?.revisions ?? []).flatMap(({ types }) => Object.keys(types)))];
}

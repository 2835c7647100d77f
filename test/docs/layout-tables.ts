import { EXTENSION_LAYOUTS } from '../../src/format/linux-cr/extension-document.js';
import { INDEX_HEAD, INDEX_TAIL } from '../../src/format/image-index/frame.js';
import { EPOLL_ITEM } from '../../src/format/ckpt/tables/files.js';
import { RLIMIT } from '../../src/format/ckpt/tables/signals.js';
import { PID_NUMBER, PID_OBJECT } from '../../src/format/ckpt/tables/tree.js';
import { REVISIONS } from '../../src/format/ckpt/tables/revision.js';
import { PID_ENTRY } from '../../src/format/cr/tables/task.js';
import type { Layout } from '../../src/format/layout/layout.js';
import { layoutToMarkdown } from '../../src/format/layout/markdown.js';
import { familyOf, type PageRevision, type PageShape } from './families.js';
import { folded, ranges } from './markdown.js';

/** One layout, and where it is found. */
interface Found {
  readonly layout: Layout;
  readonly names: Set<string>;
  readonly revisions: string[];
}

/** Layouts that are no record: elements of arrays, by the name that marks on the page have for them. */
const ELEMENTS: Readonly<Record<string, readonly Layout[]>> = {
  index: [INDEX_HEAD, INDEX_TAIL],
  cr_hdr: [familyOf('cr').header],
  ckpt_hdr: [familyOf('ckpt').header],
  cr_pids: [PID_ENTRY],
  pid_object: [PID_OBJECT, PID_NUMBER],
  epoll_item: [EPOLL_ITEM],
  rlimit: [RLIMIT],
  own: EXTENSION_LAYOUTS,
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

/** That a struct is of one word size, where the same revision has one of the other. */
function wordSize({ layout, revisions }: Found, all: readonly Found[]): string {
  const hasBoth = all.some(
    (other) => other.layout.u64Align !== layout.u64Align && other.revisions.some((name) => revisions.includes(name)),
  );
  if (!hasBoth) return '';
  return layout.u64Align === 4 ? ', x86_32' : ', x86_64';
}

interface Room {
  readonly revisions: readonly PageRevision[];
  readonly headerBytes: number;
}

function section(found: Found, all: readonly Found[], { revisions, headerBytes }: Room, tail = ''): string {
  const { layout, names } = found;
  const bytes = `${layout.size + headerBytes} bytes${tail}`;
  const where = `${ranges(revisions, found.revisions)}${wordSize(found, all)}`;
  const title = `<code>${[...names].join('</code>, <code>')}</code>: ${bytes}, ${where}`;
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
const PLAIN: Readonly<Record<PageShape['tail']['kind'], string>> = {
  none: 'the record header alone',
  bytes: 'bytes',
  text: 'text',
  elements: 'an array',
};

function withoutStruct(name: string, { revisions }: Room): string[] {
  const plain = revisions.filter(({ shapes }) => shapes[name]?.layouts.length === 0);
  const kinds = new Set(plain.map(({ shapes }) => shapes[name]?.tail.kind ?? 'none'));
  return [...kinds].map((kind) => {
    const having = plain.filter(({ shapes }) => shapes[name]?.tail.kind === kind);
    const names = having.map((revision) => revision.name);
    return `<code>${name}</code>: ${PLAIN[kind]}, ${ranges(revisions, names)}.`;
  });
}

function recordTables(name: string, room: Room): string {
  const having = room.revisions.filter(({ shapes }) => shapes[name] !== undefined);
  if (having.length === 0) throw new RangeError(`the page asks for the record ${name}`);
  const structs = distinct(({ shapes }) => shapes[name]?.layouts ?? [], having);
  const tail = TAILS[having.at(-1)?.shapes[name]?.tail.kind ?? 'none'];
  const elements = distinct((revision) => elementsOf(revision, name), having);
  return [
    ...structs.map((found) => section(found, structs, room, tail)),
    ...withoutStruct(name, room),
    ...elements.map((found) => section(found, elements, { ...room, headerBytes: 0 })),
  ].join('\n\n');
}

/** Every layout that the records of these names have in a family. */
export function layoutTables(family: string, names: readonly string[]): string {
  const room = familyOf(family);
  return names.map((name) => recordTables(name, room)).join('\n\n');
}

function pidTables(): string {
  const { revisions } = familyOf('ckpt');
  const pids = new Map(REVISIONS.map((revision) => [revision.name, [revision.pids]]));
  const all = distinct(({ name }) => pids.get(name) ?? [], revisions);
  return all.map((found) => section(found, all, { revisions, headerBytes: 0 })).join('\n\n');
}

/** Layouts that are no record; those of the array behind TREE in each revision. */
export function elementTables(name: string): string {
  if (name === 'ckpt_pids') return pidTables();
  const layouts = ELEMENTS[name];
  if (!layouts) throw new RangeError(`the page asks for the struct ${name}`);
  return layouts.map((layout) => `**${layout.name}**: ${layout.size} bytes\n\n${tableOf(layout, 0)}`).join('\n\n');
}

/** All records that some revision of a family has. */
export function recordNames(family: string): readonly string[] {
  return [...new Set(familyOf(family).revisions.flatMap(({ types }) => Object.keys(types)))];
}

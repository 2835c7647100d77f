import type { BufferedWriter } from '../bytes/writer.js';
import type { ByteSource } from '../bytes/source.js';
import { FormatError, type At } from '../errors.js';
import { encodeLayoutInto } from '../layout/encode.js';
import type { DocumentFamily, DocumentItem, RecordDocument } from '../layout/document.js';
import { elementItems } from '../layout/elements-document.js';
import { layoutToJson } from '../layout/json.js';
import type { Layout } from '../layout/layout.js';
import { textDocument } from '../layout/text-document.js';
import { EXTENSION_LAYOUTS, extensionItems } from '../linux-cr/extension-document.js';
import { addressItems } from '../linux-cr/address-runs.js';
import type { StreamItem } from './read/item.js';
import { CR_HDR } from './tables/record.js';
import { REVISIONS } from './tables/revision.js';
import { STRUCTS } from './tables/structs.js';
import { PID_ENTRY } from './tables/task.js';
import { walkRecords } from './read/walker.js';

type Held = Extract<StreamItem, { kind: 'struct' | 'text' | 'opaque' | 'bytes' }>;

function recordOf(item: Held): RecordDocument {
  const { name } = item;
  if (item.kind === 'bytes') return { name, bytes: item.bytes };
  const head = { name, type: item.type, parent: item.parent };
  if (item.kind === 'opaque') return { ...head, bytes: item.bytes };
  if (item.kind === 'text') return { ...head, ...textDocument(item.bytes) };
  const { layout, fields } = item;
  return { ...head, layout: layout.name, size: layout.size, fields: layoutToJson(layout, fields) };
}

async function* items(source: ByteSource): AsyncGenerator<DocumentItem> {
  for await (const item of walkRecords(source)) {
    const { offset, length, path, name } = item;
    const place = { offset, length, path };
    if (item.kind === 'pids') yield* elementItems(name, PID_ENTRY, item.entries, place);
    else if (item.kind === 'vaddrs') yield* addressItems(source, name, place, length === item.count * 4 ? 4 : 8);
    else if (item.kind === 'pages') yield { place, name, contents: 'pages' };
    else if (item.kind === 'extension') yield* extensionItems(item);
    else if (item.kind === 'trailing') yield { place, name, contents: 'bytes' };
    else yield { place, record: recordOf(item) };
  }
}

const LAYOUTS: readonly Layout[] = [
  PID_ENTRY,
  ...EXTENSION_LAYOUTS,
  ...Object.values<Layout>(STRUCTS),
  ...REVISIONS.flatMap(({ layouts }) => Object.values<readonly Layout[]>(layouts).flat()),
];

function addHeader(out: BufferedWriter, { type, parent }: RecordDocument, len: number, at: At): void {
  if (type === undefined || parent === undefined) {
    const missing = type === undefined ? 'type' : 'parent';
    throw new FormatError('BAD_VALUE', { at: { ...at, path: `${at.path}.${missing}` }, what: `${missing} is missing` });
  }
  encodeLayoutInto(CR_HDR, { type, len, parent }, out.reserve(CR_HDR.size), 0, at);
}

/** Records of the cr family in documents. Structs of one name and size are the same in all of its revisions. */
export const CR_DOCUMENTS: DocumentFamily = {
  items,
  layoutsOf: (name, size) => LAYOUTS.filter((layout) => layout.name === name && layout.size === size),
  addHeader,
};

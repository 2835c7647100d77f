import type { BufferedWriter } from '../bytes/writer.js';
import type { ByteSource } from '../bytes/source.js';
import { FormatError, type At } from '../errors.js';
import type { DocumentFamily, DocumentItem, DocumentPlace, RecordDocument } from '../layout/document.js';
import { ELEMENTS_PER_PIECE, elementItems } from '../layout/elements-document.js';
import { encodeLayoutInto } from '../layout/encode.js';
import { layoutToJson } from '../layout/json.js';
import type { Layout } from '../layout/layout.js';
import { textDocument } from '../layout/text-document.js';
import { EXTENSION_LAYOUTS, extensionItems } from '../linux-cr/extension-document.js';
import { addressItems } from '../linux-cr/address-runs.js';
import { PAGE_BYTES } from '../model/page.js';
import { auxvLayout } from './tables/auxv.js';
import { EPOLL_ITEM } from './tables/files.js';
import type { PagesItem, RecordItem, Role } from './read/item.js';
import { CKPT_HDR } from './tables/record.js';
import { REVISIONS, type CkptRevision } from './tables/revision.js';
import type { Shape } from './tables/tail.js';
import { PID_NUMBER } from './tables/tree.js';
import { walkRecords } from './read/walker.js';

/** Payload that is not put into one piece with its record. */
const LARGE_BYTES = 1024 * 1024;

/** Records that are text, and what else is. */
const TEXT_RECORDS: readonly string[] = ['STRING', 'FILE_NAME'];
const TEXT_ROLES: readonly (Role | undefined)[] = ['release', 'version', 'machine', 'lsm_name', 'comm', 'error'];

function headOf({ name, type, layout, fields }: RecordItem): RecordDocument {
  if (!layout) return { name, type };
  return { name, type, layout: layout.name, size: layout.size, fields: layoutToJson(layout, fields) };
}

/** Bytes and structs behind the struct of a record, where they are few. */
function restOf(item: RecordItem): Partial<RecordDocument> {
  const { name, role, bytes, elements, elementLayout } = item;
  const isText = TEXT_RECORDS.includes(name) || TEXT_ROLES.includes(role);
  const rest = bytes.length === 0 && !isText ? {} : isText ? textDocument(bytes) : { bytes };
  if (!elementLayout || elements.length === 0) return rest;
  const fields = elements.map((element) => layoutToJson(elementLayout, element));
  return { elements: { layout: elementLayout.name, size: elementLayout.size, fields }, ...rest };
}

function* recordItems(item: RecordItem): Generator<DocumentItem> {
  const { offset, length, path, layout, elements, elementLayout, bytes, name } = item;
  const head = headOf(item);
  if (elements.length <= ELEMENTS_PER_PIECE && bytes.length <= LARGE_BYTES) {
    yield { place: { offset, length, path }, record: { ...head, ...restOf(item) } };
    return;
  }
  const headBytes = CKPT_HDR.size + (layout?.size ?? 0);
  const elementBytes = elements.length * (elementLayout?.size ?? 0);
  yield { place: { offset, length: headBytes, path }, record: { ...head, behind: length - headBytes } };
  const place = { offset: offset + headBytes, length: elementBytes, path };
  if (elementLayout) yield* elementItems(`raw:${name}`, elementLayout, elements, place);
  const rest = { offset: place.offset + elementBytes, length: bytes.length, path };
  if (bytes.length > 0) yield { place: rest, name: `raw:${name}`, contents: 'bytes' };
}

/** The BUFFER behind PGARR: its header, then what it holds. */
async function* pagesItems(source: ByteSource, item: PagesItem): AsyncGenerator<DocumentItem> {
  const { offset, length, path, name, type, count, isIndexed } = item;
  const pagesBytes = count * PAGE_BYTES;
  const behind = length - CKPT_HDR.size;
  const arrayBytes = behind - pagesBytes;
  yield { place: { offset, length: CKPT_HDR.size, path }, record: { name, type, behind } };
  const array: DocumentPlace = { offset: offset + CKPT_HDR.size, length: arrayBytes, path };
  yield* addressItems(source, 'raw:vaddrs', array, arrayBytes === count * 4 ? 4 : 8, isIndexed ? 1 : PAGE_BYTES);
  const place = { offset: array.offset + arrayBytes, length: pagesBytes, path };
  yield { place, name: 'raw:pages', contents: 'pages' };
}

async function* items(source: ByteSource): AsyncGenerator<DocumentItem> {
  for await (const item of walkRecords(source)) {
    const { offset, length, path, name } = item;
    const place = { offset, length, path };
    if (item.kind === 'record') yield* recordItems(item);
    else if (item.kind === 'pages') yield* pagesItems(source, item);
    else if (item.kind === 'extension') yield* extensionItems(item);
    else if (item.kind === 'raw') yield { place, record: { name, bytes: item.bytes } };
    else yield { place, name, contents: 'bytes' };
  }
}

/** All layouts that a record of the revision may have, or its elements. */
function layoutsOf(revision: CkptRevision): Layout[] {
  const { shapes, pids } = revision;
  const ofShape = ({ layouts, chosenBy, tail }: Shape): Layout[] => [
    ...layouts,
    ...Object.values(chosenBy?.layouts ?? {}),
    ...(tail.kind === 'elements' ? [tail.layout] : []),
  ];
  // of a BUFFER, which only what stands before it explains
  const behindOthers = [pids, PID_NUMBER, EPOLL_ITEM, auxvLayout(revision, 4), auxvLayout(revision, 8)];
  return [...EXTENSION_LAYOUTS, ...behindOthers, ...Object.values<Shape>(shapes).flatMap(ofShape)];
}

type LayoutTable = ReadonlyMap<string, readonly Layout[]>;

const tables = new Map<string, LayoutTable>();

function keyOf({ name, size }: Pick<Layout, 'name' | 'size'>): string {
  return `${name} ${String(size)}`;
}

function tableOf(revision: string): LayoutTable {
  const known = tables.get(revision);
  if (known) return known;
  const own = REVISIONS.filter(({ name }) => name === revision);
  const table = new Map<string, Layout[]>();
  for (const layout of new Set([...own, ...REVISIONS].flatMap(layoutsOf)))
    table.set(keyOf(layout), [...(table.get(keyOf(layout)) ?? []), layout]);
  if (own.length > 0) tables.set(revision, table);
  return table;
}

function addHeader(out: BufferedWriter, { type, parent }: RecordDocument, payloadBytes: number, at: At): void {
  if (type === undefined)
    throw new FormatError('BAD_VALUE', { at: { ...at, path: `${at.path}.type` }, what: 'type is missing' });
  if (parent !== undefined)
    throw new FormatError('BAD_VALUE', {
      at: { ...at, path: `${at.path}.parent` },
      what: 'ckpt records have no parent',
    });
  encodeLayoutInto(CKPT_HDR, { type, len: CKPT_HDR.size + payloadBytes }, out.reserve(CKPT_HDR.size), 0, at);
}

/** Records of the ckpt family in documents. */
export const CKPT_DOCUMENTS: DocumentFamily = {
  items,
  layoutsOf: (name, size, revision) => tableOf(revision).get(keyOf({ name, size })) ?? [],
  addHeader,
};

import type { ByteSource } from '../format/bytes/source.js';
import type { BufferedWriter } from '../format/bytes/writer.js';
import { FormatError, type At } from '../format/errors.js';
import type { AddressRun, DocumentFamily, ElementsDocument } from '../format/layout/document.js';
import { encodeLayoutInto } from '../format/layout/encode.js';
import { integerFromJson } from '../format/layout/from-json.js';
import { jsonToLayout, type JsonFields } from '../format/layout/json.js';
import type { Layout } from '../format/layout/layout.js';
import { textPayload } from '../format/layout/text-document.js';
import { PAGE_BYTES } from '../format/model/page.js';
import { badDocument } from './bad-document.js';
import type { DocumentEntry, DocumentHead, PagesReference } from './document.js';

/** Most pages in a run: more than one piece of a document has, so that little text cannot become a full disk. */
const MAX_RUN_PAGES = 1 << 16;

/** What the entries of one document are encoded with. */
export interface EntryContext {
  readonly out: BufferedWriter;
  readonly head: DocumentHead;
  readonly family: DocumentFamily;
  /** The file that `pages` refer to. */
  readonly pages: ByteSource | undefined;
}

/** What an entry without a header may be: one of these alone, or a payload. */
const BULK = ['runs', 'contents', 'pages'] as const;
const PAYLOAD = ['type', 'layout', 'fields', 'elements', 'text', 'bytes'] as const;

/**
 * Adds the bytes of one entry.
 *
 * @param path  of the entry in its document
 * @throws {FormatError} `BAD_DOCUMENT`, `BAD_VALUE`, `TRUNCATED` where the file of page contents ends
 */
export async function addEntry(entry: DocumentEntry, path: string, context: EntryContext): Promise<void> {
  const { out } = context;
  const bulk = BULK.filter((key) => entry[key] !== undefined);
  const payload = PAYLOAD.filter((key) => entry[key] !== undefined);
  const [first, other] = [...bulk, ...payload];
  if (first === undefined) throw badDocument(path, 'there is neither a type nor anything else in it');
  if (bulk.length > 0 && other !== undefined) throw badDocument(path, `${first} and ${other} are both there`);
  if (entry.runs) await addRuns(entry.runs, entry.step ?? PAGE_BYTES, `${path}.runs`, context);
  else if (entry.contents) out.add(entry.contents);
  else if (entry.pages) await addPages(entry.pages, `${path}.pages`, context);
  else addRecord(entry, path, context);
  await out.settle();
}

/** Adds a payload, with a header unless there is no sign of one. */
function addRecord(entry: DocumentEntry, path: string, context: EntryContext): void {
  const { out, family } = context;
  const payload = payloadOf(entry, path, context);
  const length = payload.reduce((sum, part) => sum + part.length, entry.behind ?? 0);
  const isHeaded = [entry.type, entry.parent, entry.layout, entry.fields, entry.behind].some(
    (member) => member !== undefined,
  );
  if (isHeaded) family.addHeader(out, entry, length, { offset: out.position, path });
  for (const part of payload) out.add(part);
}

/** The struct, and what stands behind it. */
function payloadOf(entry: DocumentEntry, path: string, context: EntryContext): Uint8Array[] {
  const { fields, text, bytes, elements } = entry;
  const parts: Uint8Array[] = [];
  const at = { offset: context.out.position, path: `${path}.fields` };
  if (fields) parts.push(encodeFields(layoutOf(entry, fields, path, context), fields, at));
  else if (entry.layout !== undefined) throw badDocument(at.path, 'fields', { expected: 'an object', actual: fields });
  if (elements) parts.push(...elementParts(elements, `${path}.elements`, context));
  if (text !== undefined && bytes) throw badDocument(path, 'text and bytes are both there');
  if (text !== undefined) parts.push(textPayload(text, entry.padTo));
  if (bytes) parts.push(bytes);
  return parts;
}

function elementParts(elements: ElementsDocument, path: string, context: EntryContext): Uint8Array[] {
  const layout = layoutOf(elements, elements.fields[0] ?? {}, path, context);
  const offset = context.out.position;
  return elements.fields.map((fields, i) => {
    const at = { offset: offset + i * layout.size, path: `${path}.fields[${String(i)}]` };
    return encodeFields(layout, fields, at);
  });
}

function encodeFields(layout: Layout, fields: JsonFields, at: At): Uint8Array {
  const bytes = new Uint8Array(layout.size);
  encodeLayoutInto(layout, jsonToLayout(layout, fields, at), bytes, 0, at);
  return bytes;
}

/** The struct that is named; where several have the name, the one with these members. */
function layoutOf(
  { layout, size }: Pick<DocumentEntry, 'layout' | 'size'>,
  fields: JsonFields,
  path: string,
  { family, head }: EntryContext,
): Layout {
  const known = layout === undefined || size === undefined ? [] : family.layoutsOf(layout, size, head.revision);
  const isOf = (one: Layout): boolean =>
    Object.keys(fields).every((key) => one.fields.some(({ name }) => name === key));
  const found = known.find(isOf) ?? known[0];
  if (found) return found;
  const facts = { at: { path: `${path}.layout` }, what: 'layout', expected: 'a known one' };
  throw new FormatError('BAD_DOCUMENT', { ...facts, actual: `${layout ?? 'without a name'} of ${String(size)} bytes` });
}

async function addRuns(
  runs: readonly AddressRun[],
  step: number,
  path: string,
  { out, head }: EntryContext,
): Promise<void> {
  const { wordBytes } = head;
  for (const [i, [address, pages]] of runs.entries()) {
    const first = integerFromJson(address, { size: wordBytes, isSigned: false });
    const last = (first ?? -1n) + BigInt(Math.max(pages - 1, 0)) * BigInt(step);
    if (first === undefined || first < 0n || last >> BigInt(8 * wordBytes) !== 0n || pages > MAX_RUN_PAGES) {
      const expected = `an address of ${String(wordBytes)} bytes and at most ${String(MAX_RUN_PAGES)} pages`;
      const facts = { at: { offset: out.position, path: `${path}[${String(i)}]` }, what: 'run of addresses' };
      throw new FormatError('BAD_VALUE', { ...facts, expected, actual: `${address}, ${String(pages)} pages` });
    }
    addAddresses(out.reserve(pages * wordBytes), first, step, wordBytes);
    await out.settle();
  }
}

function addAddresses(into: Uint8Array, first: bigint, step: number, wordBytes: 4 | 8): void {
  const view = new DataView(into.buffer, into.byteOffset, into.length);
  let vaddr = first;
  for (let at = 0; at < into.length; at += wordBytes) {
    if (wordBytes === 8) view.setBigUint64(at, vaddr, true);
    else view.setUint32(at, Number(vaddr), true);
    vaddr += BigInt(step);
  }
}

async function addPages({ offset, count }: PagesReference, path: string, context: EntryContext): Promise<void> {
  const { out, pages } = context;
  if (offset === undefined) throw badDocument(path, 'the document was made without page contents');
  if (!pages) throw badDocument(path, 'the page contents are in a file of their own, which was not given');
  await out.copyContents(pages, offset, count * PAGE_BYTES);
}

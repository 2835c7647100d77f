import { FormatError } from '../format/errors.js';
import { bytesFromHex } from '../format/layout/from-json.js';
import type { AddressRun, ElementsDocument } from '../format/layout/document.js';
import type { JsonFields } from '../format/layout/json.js';
import { MAX_PART_BYTES, badDocument } from './bad-document.js';
import {
  DOCUMENT_FORMAT,
  DOCUMENT_VERSION,
  type DocumentEntry,
  type DocumentHead,
  type PagesReference,
} from './document.js';

/** Turns what was read into what it should be; undefined where it is something else. */
type Check<T> = (value: unknown) => T | undefined;

type Members = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);

const string: Check<string> = (value) => (typeof value === 'string' ? value : undefined);
const integer: Check<number> = (value) => (Number.isSafeInteger(value) ? (value as number) : undefined);
const count: Check<number> = (value) => (Number(integer(value)) >= 0 ? (value as number) : undefined);
const size: Check<number> = (value) => (Number(count(value)) <= MAX_PART_BYTES ? (value as number) : undefined);
const bytes: Check<Uint8Array> = (value) => (value instanceof Uint8Array ? value : undefined);
const hex: Check<Uint8Array> = (value) => (typeof value === 'string' ? bytesFromHex(value) : undefined);
// what the fields hold is looked at when their layout is known
const fields: Check<JsonFields> = (value) => (isObject(value) ? (value as JsonFields) : undefined);

const base64: Check<Uint8Array> = (value) => {
  if (typeof value !== 'string') return undefined;
  const decoded = Buffer.from(value, 'base64');
  // Node skips what is no base64
  return decoded.toString('base64') === value ? decoded : undefined;
};

const elements: Check<ElementsDocument> = (value) => {
  if (!isObject(value)) return undefined;
  const [layout, bytesOfOne, list] = [string(value['layout']), count(value['size']), value['fields']];
  if (layout === undefined || bytesOfOne === undefined || !Array.isArray(list) || !list.every(isObject))
    return undefined;
  return { layout, size: bytesOfOne, fields: list as JsonFields[] };
};

const runs: Check<readonly AddressRun[]> = (value) => {
  const isRun = (run: unknown): boolean =>
    Array.isArray(run) && run.length === 2 && typeof run[0] === 'string' && count(run[1]) !== undefined;
  return Array.isArray(value) && value.every(isRun) ? (value as AddressRun[]) : undefined;
};

const pages: Check<PagesReference> = (value) => {
  if (!isObject(value)) return undefined;
  const [offset, pageCount] = [count(value['offset']), count(value['count'])];
  if (pageCount === undefined || (offset === undefined && 'offset' in value)) return undefined;
  return { offset, count: pageCount };
};

interface Member {
  readonly into: keyof DocumentEntry;
  readonly check: Check<unknown>;
  readonly expected: string;
}

const member = (into: keyof DocumentEntry, check: Check<unknown>, expected: string): Member => ({
  into,
  check,
  expected,
});

const ENTRY: Readonly<Record<string, Member>> = {
  name: member('name', string, 'text'),
  type: member('type', integer, 'an integer'),
  parent: member('parent', integer, 'an integer'),
  layout: member('layout', string, 'text'),
  size: member('size', count, 'a number of bytes'),
  fields: member('fields', fields, 'an object'),
  text: member('text', string, 'text'),
  padTo: member('padTo', size, `a number of bytes, at most ${String(MAX_PART_BYTES)}`),
  hex: member('bytes', hex, 'two hex digits a byte'),
  bytes: member('bytes', bytes, 'bytes'),
  base64: member('contents', base64, 'base64'),
  contents: member('contents', bytes, 'bytes'),
  elements: member('elements', elements, '{layout, size, fields: [{...}, ...]}'),
  behind: member('behind', count, 'a number of bytes'),
  step: member('step', count, 'a number of bytes'),
  runs: member('runs', runs, '[["0x...", pages], ...]'),
  pages: member('pages', pages, '{offset, count}'),
  offset: member('offset', count, 'a number of bytes'),
  length: member('length', count, 'a number of bytes'),
  path: member('path', string, 'text'),
};

/** @throws {FormatError} `BAD_DOCUMENT` */
export function checkEntry(value: unknown, path: string): DocumentEntry {
  if (!isObject(value)) throw badDocument(path, 'record', { expected: 'an object', actual: value });
  const entry: Record<string, unknown> = {};
  for (const [key, given] of Object.entries(value)) {
    const known = Object.hasOwn(ENTRY, key) ? ENTRY[key] : undefined;
    const at = `${path}.${key}`;
    if (!known) throw badDocument(at, `records have no ${key}`, { expected: Object.keys(ENTRY).join(', ') });
    const checked = known.check(given);
    if (checked === undefined) throw badDocument(at, key, { expected: known.expected, actual: given });
    if (known.into in entry) throw badDocument(at, `${known.into} is there twice`);
    entry[known.into] = checked;
  }
  if (!('name' in entry)) throw badDocument(`${path}.name`, 'name', { expected: 'text', actual: undefined });
  // every member was checked by the table
  return entry as unknown as DocumentEntry;
}

/** @throws {FormatError} `BAD_DOCUMENT`, `UNSUPPORTED` for another version */
export function checkHead(value: unknown): DocumentHead {
  if (!isObject(value)) throw badDocument('', 'document', { expected: 'an object', actual: value });
  const { format, version, family, revision, wordBytes } = value;
  if (format !== DOCUMENT_FORMAT) throw badDocument('format', 'format', { expected: DOCUMENT_FORMAT, actual: format });
  if (version !== DOCUMENT_VERSION) {
    const facts = { at: { path: 'version' }, what: 'version of the document' };
    throw new FormatError('UNSUPPORTED', { ...facts, expected: DOCUMENT_VERSION, actual: String(integer(version)) });
  }
  if (typeof family !== 'string') throw badDocument('family', 'family', { expected: 'text', actual: family });
  if (typeof revision !== 'string') throw badDocument('revision', 'revision', { expected: 'text', actual: revision });
  if (wordBytes !== 4 && wordBytes !== 8)
    throw badDocument('wordBytes', 'wordBytes', { expected: '4 or 8', actual: wordBytes });
  return { format, version, family, revision, wordBytes };
}

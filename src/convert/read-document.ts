import type { ByteSource } from '../format/bytes/source.js';
import { FormatError } from '../format/errors.js';
import { badDocument } from './bad-document.js';
import { DocumentBytes } from './document-bytes.js';
import type { DocumentEntry, RecordsDocument } from './document.js';
import { checkEntry, checkHead } from './document-check.js';
import { readJson } from './read-json.js';
import { readMsgpack } from './read-msgpack.js';

const JSON_START = /^[\s{]/;
/** A map of up to 15 members, as every head is. */
const MAP_START = { low: 0x80, high: 0x8f };

/**
 * Opens a document, of which the first byte tells the form. Entries are read as they are taken; of each its members and
 * their kinds are checked, not whether they make sense. The source stays open.
 *
 * @throws {FormatError} `BAD_DOCUMENT`, `TRUNCATED`, here and while entries are taken; the offset is one in the document
 */
export async function readDocument(source: ByteSource): Promise<RecordsDocument> {
  const values = namingSource(source, valuesOf(new DocumentBytes(source), source.name));
  const first = await values.next();
  const head = checkHead(first.done === true ? undefined : first.value);
  return { head, entries: checkedEntries(values) };
}

async function* valuesOf(from: DocumentBytes, name: string): AsyncGenerator {
  await from.more();
  const [first] = from.atHand;
  if (first === undefined) throw badDocument('', `${name} is empty`);
  if (JSON_START.test(String.fromCharCode(first))) yield* readJson(from);
  else if (first >= MAP_START.low && first <= MAP_START.high) yield* readMsgpack(from);
  else throw badDocument('', `${name} is no document of records`, { offset: 0 });
}

async function* checkedEntries(values: AsyncGenerator): AsyncGenerator<DocumentEntry> {
  let index = 0;
  for await (const value of values) yield checkEntry(value, `records[${String(index++)}]`);
}

async function* namingSource(source: ByteSource, values: AsyncGenerator): AsyncGenerator {
  try {
    yield* values;
  } catch (error) {
    if (error instanceof FormatError) error.nameSource(source.name);
    throw error;
  }
}

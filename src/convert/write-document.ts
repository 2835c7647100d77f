import { encode } from '@msgpack/msgpack';
import type { ByteSink } from '../format/bytes/sink.js';
import { encodeText } from '../format/bytes/text.js';
import { BufferedWriter, type CopyOptions } from '../format/bytes/writer.js';
import { hexBytes } from '../format/layout/unit.js';
import type { DocumentEntry, DocumentForm, DocumentHead, RecordsDocument } from './document.js';

export interface WriteDocumentOptions extends CopyOptions {
  /** Default `json`. */
  readonly form?: DocumentForm | undefined;
  /** JSON with a line for each value, indented, instead of one for each record. Default false. */
  readonly isPretty?: boolean | undefined;
}

/** How a document is put down as bytes, part by part. */
interface Notation {
  readonly head: (head: DocumentHead) => Uint8Array;
  readonly entry: (entry: DocumentEntry, index: number) => Uint8Array;
  /** What says that it is complete. */
  readonly end: (count: number) => Uint8Array;
}

/** Bytes of records are read by people, contents are not. */
function jsonEntry({ bytes, contents, offset, length, path, ...record }: DocumentEntry): object {
  const hex = bytes && hexBytes(bytes);
  const base64 = contents && Buffer.from(contents.buffer, contents.byteOffset, contents.length).toString('base64');
  return { ...record, hex, base64, offset, length, path };
}

const JSON_LINES: Notation = {
  head: (head) => encodeText(`${JSON.stringify(head).slice(0, -1)},"records":[`),
  entry: (entry, index) => encodeText(`${index === 0 ? '' : ','}\n${JSON.stringify(jsonEntry(entry))}`),
  end: () => encodeText('\n]}\n'),
};

const INDENT = 2;

function indented(value: object, depth: number): string {
  return JSON.stringify(value, undefined, INDENT).replaceAll('\n', `\n${' '.repeat(depth * INDENT)}`);
}

const PRETTY_JSON: Notation = {
  head: (head) => encodeText(`${indented(head, 0).slice(0, -'\n}'.length)},\n  "records": [`),
  entry: (entry, index) => encodeText(`${index === 0 ? '' : ','}\n    ${indented(jsonEntry(entry), 2)}`),
  end: () => encodeText('\n  ]\n}\n'),
};

const MSGPACK: Notation = {
  head: (head) => encode(head),
  entry: (entry) => encode(entry, { ignoreUndefined: true }),
  end: (count) => encode({ records: count }),
};

/**
 * Writes a document, entry by entry. JSON is one object with the members of the head and `records`, a list with a record a
 * line; `bytes` are in `hex` and `contents` in `base64` there. msgpack is one map after the other: the head, every entry,
 * and `{records: how many}`. The sink is neither committed nor aborted.
 *
 * @throws what taking entries and writing throw
 */
export async function writeDocument(
  { head, entries }: RecordsDocument,
  sink: ByteSink,
  { form = 'json', isPretty = false, ...options }: WriteDocumentOptions = {},
): Promise<void> {
  const out = new BufferedWriter(sink, options);
  const json = isPretty ? PRETTY_JSON : JSON_LINES;
  const notation = form === 'json' ? json : MSGPACK;
  out.add(notation.head(head));
  let count = 0;
  for await (const entry of entries) {
    out.add(notation.entry(entry, count++));
    await out.settle();
  }
  out.add(notation.end(count));
  await out.flush();
}

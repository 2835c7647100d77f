import type { ByteSink } from '../format/bytes/sink.js';
import { readExactly, type ByteSource } from '../format/bytes/source.js';
import { BufferedWriter } from '../format/bytes/writer.js';
import { FormatError } from '../format/errors.js';
import type { DocumentItem } from '../format/layout/document.js';
import { PAGE_BYTES } from '../format/model/page.js';
import { readItems } from '../format/registry.js';
import { DOCUMENT_FORMAT, DOCUMENT_VERSION, type DocumentEntry, type RecordsDocument } from './document.js';

/** Contents in one entry: 256 KiB in base64. */
const PIECE_BYTES = 48 * PAGE_BYTES;

export interface DecodeOptions {
  /**
   * Where page contents go: into the entries, one behind the other into a sink, which is neither committed nor aborted,
   * or nowhere, and then nothing can be encoded from the document. Default `inline`.
   */
  readonly pages?: 'inline' | 'none' | ByteSink | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Decodes an image into a document. Page contents pass through in pieces; the source must stay open until all entries
 * were taken.
 *
 * @throws {FormatError} `NOT_SEEKABLE`, and as `readImage`; it is read whole before there is a document
 */
export async function decodeRecords(source: ByteSource, options: DecodeOptions = {}): Promise<RecordsDocument> {
  if (!source.isSeekable) throw new FormatError('NOT_SEEKABLE', { what: `${source.name} has to be read twice` });
  const { format, items } = await readItems(source, { signal: options.signal });
  const { family, revision, wordBytes } = format;
  const head = { format: DOCUMENT_FORMAT, version: DOCUMENT_VERSION, family, revision, wordBytes } as const;
  return { head, entries: entriesOf(source, items, options) };
}

type ContentsItem = Extract<DocumentItem, { contents: unknown }>;

async function* entriesOf(
  source: ByteSource,
  items: AsyncIterable<DocumentItem>,
  { pages = 'inline', signal }: DecodeOptions,
): AsyncGenerator<DocumentEntry> {
  const side = typeof pages === 'string' ? undefined : new BufferedWriter(pages, { signal });
  for await (const item of items) {
    signal?.throwIfAborted();
    if ('record' in item) yield { ...item.record, ...item.place };
    else if (item.contents === 'bytes' || pages === 'inline') yield* inlineEntries(source, item);
    else {
      const { name, place } = item;
      const count = place.length / PAGE_BYTES;
      yield { name, pages: side ? { offset: side.position, count } : { count }, ...place };
      await side?.copyContents(source, place.offset, place.length);
    }
  }
  await side?.flush();
}

async function* inlineEntries(source: ByteSource, { name, place }: ContentsItem): AsyncGenerator<DocumentEntry> {
  for (let done = 0; done < place.length; done += PIECE_BYTES) {
    const offset = place.offset + done;
    const contents = new Uint8Array(Math.min(PIECE_BYTES, place.length - done));
    await readExactly(source, offset, contents, place.path);
    yield { name, contents, ...place, offset, length: contents.length };
  }
}

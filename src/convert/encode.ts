import { openFile } from '../format/bytes/file.js';
import { MemorySink } from '../format/bytes/memory.js';
import { FileSink } from '../format/bytes/file-sink.js';
import type { ByteSink } from '../format/bytes/sink.js';
import { Spool, copyAll } from '../format/bytes/spool.js';
import type { ByteSource } from '../format/bytes/source.js';
import { unclosed } from '../format/bytes/unclosed.js';
import { BufferedWriter, type CopyOptions } from '../format/bytes/writer.js';
import { FormatError } from '../format/errors.js';
import type { TrailingItem } from '../format/linux-cr/trailing.js';
import { documentsOf, readImage, readRecords } from '../format/registry.js';
import { badDocument } from './bad-document.js';
import type { RecordsDocument } from './document.js';
import { writeDocumentIndex } from './document-index.js';
import { addEntry } from './encode-entry.js';
import { IndexedSink } from './indexed-sink.js';

/** The name that the entries of an index have. */
const INDEX_ENTRY: TrailingItem['name'] = 'raw:index';

export interface EncodeOptions extends CopyOptions {
  /** The file that the `pages` of the document refer to. */
  readonly pages?: ByteSource | undefined;
  /** Write an image that cannot be read, too. Default false. */
  readonly isForced?: boolean | undefined;
}

export interface Encoding {
  readonly writtenBytes: number;
  /** The first thing that is wrong with the image, which was asked to be written all the same. */
  readonly fault: FormatError | undefined;
}

/**
 * Encodes a document into an image, which is read before the sink is committed: a file in its place, anything else from a
 * temporary file. The sink is aborted when anything is wrong.
 *
 * @throws {FormatError} what `addEntry` throws, and what reading the image throws unless `isForced`
 */
export async function encodeRecords(
  document: RecordsDocument,
  sink: ByteSink,
  options: EncodeOptions = {},
): Promise<Encoding> {
  try {
    const fault =
      sink instanceof FileSink ? await encodeToFile(document, sink, options) : await spoolTo(document, sink, options);
    options.signal?.throwIfAborted();
    await sink.commit();
    return { writtenBytes: sink.position, fault };
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

async function encodeToFile(
  document: RecordsDocument,
  sink: FileSink,
  options: EncodeOptions,
): Promise<FormatError | undefined> {
  return addEntries(document, sink, () => openFile(sink.temporaryName, sink.name), options);
}

async function spoolTo(
  document: RecordsDocument,
  sink: ByteSink,
  options: EncodeOptions,
): Promise<FormatError | undefined> {
  const kept = new Spool(sink.name);
  try {
    const fault = await addEntries(document, kept.sink, () => unclosed(kept.source(sink.name)), options);
    await copyAll(kept.source(sink.name), sink);
    return fault;
  } finally {
    kept.close();
  }
}

/** Writes the image and checks it by reading it again; returns what is wrong with it, if that is to be put up with. */
async function addEntries(
  document: RecordsDocument,
  sink: ByteSink,
  open: () => ByteSource,
  options: EncodeOptions,
): Promise<FormatError | undefined> {
  const { head, entries } = document;
  const indexed = await IndexedSink.open(sink);
  const index = new MemorySink();
  const out = new BufferedWriter(indexed, options);
  const context = { out, head, family: documentsOf(head.family), pages: options.pages };
  let count = 0;
  for await (const entry of entries) {
    const path = `records[${String(count++)}]`;
    // an index may have to become another one
    if (entry.name === INDEX_ENTRY && entry.contents) index.write(entry.contents);
    else await addEntry(entry, path, context);
  }
  if (count === 0) throw badDocument('records', 'the document has no records');
  await out.flush();
  const fault = await faultOf(open, options);
  if (index.position > 0 && fault) await sink.write(index.bytes());
  else if (index.position > 0) await writeDocumentIndex(index.bytes(), indexed, open);
  return fault;
}

/** What is wrong with an image. @throws {FormatError} the same unless `isForced` */
async function faultOf(open: () => ByteSource, { isForced, signal }: EncodeOptions): Promise<FormatError | undefined> {
  try {
    await (await readImage(open(), { signal })).close();
    return undefined;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    if (isForced === true) return error;
    if (error.code !== 'UNSUPPORTED') throw error;
  }
  await checkRecords(open(), signal);
  return undefined;
}

/** An image of a machine that is not read has records all the same. @throws {FormatError} */
async function checkRecords(source: ByteSource, signal: AbortSignal | undefined): Promise<void> {
  try {
    const records = readRecords(source);
    while (!(await records.next()).done) signal?.throwIfAborted();
  } finally {
    await source.close();
  }
}

import { openFile } from '../format/bytes/file.js';
import { FileSink } from '../format/bytes/file-sink.js';
import type { ByteSink } from '../format/bytes/sink.js';
import { Spool, copyAll } from '../format/bytes/spool.js';
import type { ByteSource } from '../format/bytes/source.js';
import { unclosed } from '../format/bytes/unclosed.js';
import { BufferedWriter, type CopyOptions } from '../format/bytes/writer.js';
import { FormatError } from '../format/errors.js';
import { documentsOf, readImage, readRecords } from '../format/registry.js';
import { badDocument } from './bad-document.js';
import type { RecordsDocument } from './document.js';
import { addEntry } from './encode-entry.js';

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
  await addEntries(document, sink, options);
  return faultOf(() => openFile(sink.temporaryName, sink.name), options);
}

async function spoolTo(
  document: RecordsDocument,
  sink: ByteSink,
  options: EncodeOptions,
): Promise<FormatError | undefined> {
  const kept = new Spool(sink.name);
  try {
    await addEntries(document, kept.sink, options);
    const written = kept.source(sink.name);
    const fault = await faultOf(() => unclosed(written), options);
    await copyAll(written, sink);
    return fault;
  } finally {
    kept.close();
  }
}

async function addEntries(document: RecordsDocument, sink: ByteSink, options: EncodeOptions): Promise<void> {
  const { head, entries } = document;
  const out = new BufferedWriter(sink, options);
  const context = { out, head, family: documentsOf(head.family), pages: options.pages };
  let index = 0;
  for await (const entry of entries) await addEntry(entry, `records[${String(index++)}]`, context);
  if (index === 0) throw badDocument('records', 'the document has no records');
  await out.flush();
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

import type { ByteSink } from './bytes/sink.js';
import { fill, type ByteSource } from './bytes/source.js';
import type { CopyOptions } from './bytes/writer.js';
import { describeRecords as describeCkptRecords } from './ckpt/describe.js';
import { CKPT_DOCUMENTS } from './ckpt/document.js';
import { probeCkpt } from './ckpt/probe.js';
import { readCkpt } from './ckpt/reader.js';
import { describeRecords as describeCrRecords } from './cr/describe.js';
import { CR_DOCUMENTS } from './cr/document.js';
import { describeUnread, probeCr } from './cr/probe.js';
import { readCr } from './cr/reader.js';
import type { ReadImageOptions } from './model/read-options.js';
import { heldBy } from './cr/held.js';
import { refusalsOf, withoutKernelMappings, type StrictImage } from './cr/refusals.js';
import { WRITABLE } from './cr/revision.js';
import { writeCr } from './cr/writer.js';
import { FormatError, UsageError } from './errors.js';
import type { Image, ImageFormat, Loss } from './model/image.js';
import type { Probe } from './model/probe.js';
import type { DocumentFamily, DocumentItem } from './layout/document.js';
import type { RecordDescription } from './layout/record.js';

interface Format {
  readonly family: string;
  readonly probe: (head: Uint8Array) => Probe | undefined;
  readonly read: (source: ByteSource, options: ReadImageOptions) => Promise<Image>;
  readonly records: (source: ByteSource) => AsyncGenerator<RecordDescription>;
  readonly documents: DocumentFamily;
}

const FORMATS: readonly Format[] = [
  { family: 'cr', probe: probeCr, read: readCr, records: describeCrRecords, documents: CR_DOCUMENTS },
  { family: 'ckpt', probe: probeCkpt, read: readCkpt, records: describeCkptRecords, documents: CKPT_DOCUMENTS },
];

const PROBE_BYTES = 64;

async function probeHead(source: ByteSource): Promise<Uint8Array> {
  const head = new Uint8Array(PROBE_BYTES);
  return head.subarray(0, await fill(source, 0, head));
}

/** What the first bytes say the format is; undefined if no format knows them. */
export async function probe(source: ByteSource): Promise<Probe | undefined> {
  const head = await probeHead(source);
  return FORMATS.map((format) => format.probe(head)).find((found) => found !== undefined);
}

/** @throws {FormatError} `NOT_AN_IMAGE`, `UNSUPPORTED` */
async function formatOf(source: ByteSource): Promise<Format> {
  const head = await probeHead(source);
  const format = FORMATS.find((candidate) => candidate.probe(head));
  if (format) return format;
  const unread = describeUnread(head);
  if (unread)
    throw new FormatError('UNSUPPORTED', {
      at: { offset: 0 },
      what: `${source.name} is ${unread}, which is not read yet`,
    });
  const what = head.length === 0 ? `${source.name} is empty` : `${source.name} is no checkpoint image`;
  throw new FormatError('NOT_AN_IMAGE', { at: { offset: 0 }, what });
}

/**
 * Reads an image of any known format. Page contents stay in `source`, which the image closes.
 *
 * @throws {FormatError} `NOT_AN_IMAGE`, `UNSUPPORTED`, and what the format's reader throws; the source is closed then
 */
export async function readImage(source: ByteSource, options: ReadImageOptions = {}): Promise<Image> {
  try {
    return await (await formatOf(source)).read(source, options);
  } catch (error) {
    if (error instanceof FormatError) error.nameSource(source.name);
    await source.close();
    throw error;
  }
}

/**
 * Lists the records of an image, in order and without gaps, and without reading page contents.
 *
 * @throws {FormatError} as `readImage`; what was fine before the error has been yielded by then
 */
export async function* readRecords(source: ByteSource): AsyncGenerator<RecordDescription> {
  try {
    yield* (await formatOf(source)).records(source);
  } catch (error) {
    if (error instanceof FormatError) error.nameSource(source.name);
    throw error;
  }
}

/** An image as pieces that the same bytes can be made of. */
export interface ImageItems {
  readonly format: ImageFormat;
  readonly items: AsyncGenerator<DocumentItem>;
}

/**
 * Reads an image once to know what it is, and again while `items` are taken. The source stays open.
 *
 * @param source  must be seekable
 * @throws {FormatError} as `readImage`
 */
export async function readItems(source: ByteSource, options: ReadImageOptions = {}): Promise<ImageItems> {
  try {
    const known = await formatOf(source);
    const { format } = await known.read(source, options);
    return { format, items: known.documents.items(source) };
  } catch (error) {
    if (error instanceof FormatError) error.nameSource(source.name);
    throw error;
  }
}

/** How records of a family are written down in documents. @throws {FormatError} `UNSUPPORTED` */
export function documentsOf(family: string): DocumentFamily {
  const format = FORMATS.find((candidate) => candidate.family === family);
  if (format) return format.documents;
  const expected = FORMATS.map((known) => known.family).join(' or ');
  throw new FormatError('UNSUPPORTED', {
    at: { path: 'family' },
    what: 'family of the records',
    expected,
    actual: family,
  });
}

/** A way to write images, by the name that `--to` takes. */
export interface Writer {
  readonly name: string;
  /** What its readers would refuse in an image that it writes all the same. */
  readonly refusals: (image: Image) => readonly Loss[];
  /** What the format has no way to say, and is left out. */
  readonly losses: (image: Image) => readonly Loss[];
  /** The image without what the format's kernels would have had no mapping for. */
  readonly strict: (image: Image) => StrictImage;
  /** Writes the image; the sink is neither committed nor aborted. */
  readonly write: (image: Image, sink: ByteSink, options?: CopyOptions) => Promise<void>;
}

export const WRITER_NAMES: readonly string[] = Object.keys(WRITABLE);
export const DEFAULT_WRITER = 'v11';

/** The writer of this name. @throws {UsageError} `BAD_ARGUMENT` */
export function writerOf(name: string): Writer {
  const revision = WRITABLE[name];
  if (!revision) {
    throw new UsageError('BAD_ARGUMENT', { what: 'format to write', expected: WRITER_NAMES.join(', '), actual: name });
  }
  return {
    name,
    refusals: (image) => refusalsOf(image, revision),
    losses: (image) => heldBy(image, revision).losses,
    strict: withoutKernelMappings,
    write: (image, sink, options) => writeCr(image, sink, revision, options),
  };
}

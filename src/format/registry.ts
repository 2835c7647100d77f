import type { ByteSink } from './bytes/sink.js';
import { fill, type ByteSource } from './bytes/source.js';
import type { CopyOptions } from './bytes/writer.js';
import { describeRecords as describeCkptRecords } from './ckpt/read/describe.js';
import { CKPT_DOCUMENTS } from './ckpt/document.js';
import { probeCkpt } from './ckpt/probe.js';
import { heldByCkpt } from './ckpt/write/held.js';
import { readCkpt } from './ckpt/read/reader.js';
import { refusalsOfCkpt } from './ckpt/write/refusals.js';
import { WRITABLE as WRITABLE_CKPT, type CkptRevision } from './ckpt/tables/revision.js';
import { reencode as reencodeCkpt } from './ckpt/write/reencode.js';
import { writeCkpt } from './ckpt/write/writer.js';
import { withoutKernelMappings, type StrictImage } from './linux-cr/strict-image.js';
import { describeRecords as describeCrRecords } from './cr/read/describe.js';
import { CR_DOCUMENTS } from './cr/document.js';
import { describeUnread, probeCr } from './cr/probe.js';
import { readCr } from './cr/read/reader.js';
import type { ReadImageOptions } from './model/read-options.js';
import { heldBy } from './cr/write/held.js';
import { refusalsOf } from './cr/write/refusals.js';
import { WRITABLE as WRITABLE_CR, type CrRevision } from './cr/tables/revision.js';
import { reencode as reencodeCr } from './cr/write/reencode.js';
import { writeCr } from './cr/write/writer.js';
import { FormatError, UsageError } from './errors.js';
import { withToldFacts } from './image-index/told.js';
import type { Image, ImageFormat, Loss } from './model/image.js';
import type { MemoryMap } from './model/memory-map.js';
import type { Probe } from './model/probe.js';
import type { DocumentFamily, DocumentItem } from './layout/document.js';
import type { RecordDescription } from './layout/record.js';

/** What streams may be of, oldest first; where more than one fits, the last is taken. Default: all that are known. */
export interface KnownRevisions {
  readonly cr?: readonly CrRevision[];
  readonly ckpt?: readonly CkptRevision[];
}

/** How images and records are read. */
export interface ReadFormatOptions extends ReadImageOptions {
  readonly revisions?: KnownRevisions | undefined;
}

interface Format {
  readonly family: Exclude<ImageFormat['family'], 'process'>;
  readonly probe: (head: Uint8Array) => Probe | undefined;
  readonly read: (source: ByteSource, options: ReadFormatOptions) => Promise<Image>;
  readonly records: (source: ByteSource, revisions: KnownRevisions) => AsyncGenerator<RecordDescription>;
  readonly reencode: (source: ByteSource, sink: ByteSink, options?: CopyOptions) => Promise<void>;
  readonly documents: DocumentFamily;
}

const FORMATS: readonly Format[] = [
  {
    family: 'cr',
    probe: probeCr,
    read: (source, options) => readCr(source, { ...options, revisions: options.revisions?.cr }),
    records: (source, { cr }) => describeCrRecords(source, { revisions: cr }),
    reencode: reencodeCr,
    documents: CR_DOCUMENTS,
  },
  {
    family: 'ckpt',
    probe: probeCkpt,
    read: (source, options) => readCkpt(source, { ...options, revisions: options.revisions?.ckpt }),
    records: (source, { ckpt }) => describeCkptRecords(source, { revisions: ckpt }),
    reencode: reencodeCkpt,
    documents: CKPT_DOCUMENTS,
  },
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
export async function readImage(source: ByteSource, options: ReadFormatOptions = {}): Promise<Image> {
  try {
    const image = await (await formatOf(source)).read(source, options);
    // who wants to know of faults wants to know what the stream says by itself
    return options.onFault ? image : await withToldFacts(image, source);
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
export async function* readRecords(
  source: ByteSource,
  revisions: KnownRevisions = {},
): AsyncGenerator<RecordDescription> {
  try {
    yield* (await formatOf(source)).records(source, revisions);
  } catch (error) {
    if (error instanceof FormatError) error.nameSource(source.name);
    throw error;
  }
}

/**
 * Decodes an image record by record and encodes it again from what was decoded, padding and trailing bytes included: the
 * result is the same bytes. Addresses and page contents are copied. The sink is neither committed nor aborted.
 *
 * @param source  must be seekable
 * @throws {FormatError} as `readImage`
 */
export async function reencode(source: ByteSource, sink: ByteSink, options: CopyOptions = {}): Promise<void> {
  await (await formatOf(source)).reencode(source, sink, options);
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
export async function readItems(source: ByteSource, options: ReadFormatOptions = {}): Promise<ImageItems> {
  try {
    const known = await formatOf(source);
    const format = await formatRead(known, source, options);
    return { format, items: known.documents.items(source) };
  } catch (error) {
    if (error instanceof FormatError) error.nameSource(source.name);
    throw error;
  }
}

/** What an image is; of one whose records can only be listed, that it is of the family. */
async function formatRead(known: Format, source: ByteSource, options: ReadFormatOptions): Promise<ImageFormat> {
  try {
    return (await known.read(source, options)).format;
  } catch (error) {
    if (!(error instanceof FormatError) || error.code !== 'UNSUPPORTED') throw error;
    return { family: known.family, revision: 'unread', covers: 'unread', wordBytes: 8, decidedBy: [error.message] };
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

/** What a format can hold of an image, and what it cannot. */
export interface HeldImage {
  readonly image: Image;
  readonly losses: readonly Loss[];
}

/** What was written, and where its memory lies in there. */
export type WrittenImage = Pick<MemoryMap, 'format' | 'spaces'>;

/** A way to write images, by the name that `--to` takes. */
export interface Writer {
  readonly name: string;
  /** What its readers would refuse in an image that it writes all the same. */
  readonly refusals: (image: Image) => readonly Loss[];
  /** The image as reading what is written gives it back, and what the format has no way to say. */
  readonly held: (image: Image) => HeldImage;
  /** The image without what the format's kernels would have had no mapping for. */
  readonly strict: (image: Image) => StrictImage;
  /**
   * Writes the image and tells where its memory lies in what was written. The sink, whose position was 0, is neither committed nor
   * aborted. Processes run on (`release`) as soon as their contents are read.
   */
  readonly write: (image: Image, sink: ByteSink, options?: CopyOptions) => Promise<WrittenImage>;
}

/** A writer of a revision, of those that are known or of one's own; losses are told by the name. */
export function writerFor(revision: CrRevision | CkptRevision, name = revision.name): Writer {
  const named = name === revision.name ? revision : { ...revision, name };
  return 'shapes' in named ? ckptWriter(named) : crWriter(named);
}

function crWriter(revision: CrRevision): Writer {
  return {
    name: revision.name,
    refusals: (image) => refusalsOf(image, revision),
    held: (image) => heldBy(image, revision),
    strict: withoutKernelMappings,
    write: async (image, sink, options) => ({
      spaces: await writeCr(image, sink, revision, options),
      format: formatWritten('cr', revision, image),
    }),
  };
}

function ckptWriter(revision: CkptRevision): Writer {
  return {
    name: revision.name,
    refusals: (image) => refusalsOfCkpt(image, revision),
    held: (image) => heldByCkpt(image, revision),
    strict: withoutKernelMappings,
    write: async (image, sink, options) => ({
      spaces: await writeCkpt(image, sink, revision, options),
      format: formatWritten('ckpt', revision, image),
    }),
  };
}

function formatWritten(
  family: Format['family'],
  { name, covers }: Pick<CrRevision, 'name' | 'covers'>,
  { format: { wordBytes } }: Image,
): ImageFormat {
  return { family, revision: name, covers, wordBytes, decidedBy: [`written as ${name}`] };
}

/** What `--to` takes, oldest first. */
export const WRITER_NAMES: readonly string[] = [...Object.keys(WRITABLE_CR), ...Object.keys(WRITABLE_CKPT)];
export const DEFAULT_WRITER = 'v11';

/** The writer of this name. @throws {UsageError} `BAD_ARGUMENT` */
export function writerOf(name: string): Writer {
  const revision = WRITABLE_CR[name] ?? WRITABLE_CKPT[name];
  if (revision) return writerFor(revision, name);
  throw new UsageError('BAD_ARGUMENT', { what: 'format to write', expected: WRITER_NAMES.join(', '), actual: name });
}

import type { ByteSink } from '../format/bytes/sink.js';
import type { CopyOptions } from '../format/bytes/writer.js';
import { CaptureError, FormatError, type ErrorFacts } from '../format/errors.js';
import type { Image, Loss } from '../format/model/image.js';
import { factsBeside } from '../format/image-index/write-index.js';
import { IndexedSink, type DigestWritten } from './indexed-sink.js';
import { DEFAULT_WRITER, writerOf, type Writer } from '../format/registry.js';

export interface ConvertOptions extends CopyOptions {
  /** What to write: one of `WRITER_NAMES`, or a writer. Default `v11`. */
  readonly to?: string | Writer;
  /** Refuse what readers of that format would refuse, instead of reporting it. Default false. */
  readonly isStrict?: boolean;
  /** Refuse to leave anything out, instead of reporting it. Default false. */
  readonly failOnLoss?: boolean;
  /** Put an index behind the image, which kernels do not read. Default true. */
  readonly index?: boolean | undefined;
  /**
   * Digests what was written, when a process runs on already: for large images, by as many threads as there are. Default: all is
   * digested on its way to the sink, as where that cannot be read again.
   */
  readonly digestLater?: DigestWritten | undefined;
}

export interface Conversion {
  readonly to: string;
  readonly writtenBytes: number;
  /** How many of them are the index. */
  readonly indexBytes: number;
  /** What readers of the format would not take, though it was written. */
  readonly refused: readonly Loss[];
  /** What the format has no way to say, and was left out. */
  readonly losses: readonly Loss[];
}

/**
 * Writes an image, or a live process, in another format. The sink is committed when all is well, else aborted; what is
 * refused is refused before anything is written.
 *
 * @throws {UsageError} for an unknown format
 * @throws {CaptureError} `REFUSED`, {FormatError} `CANNOT_HOLD` with `isStrict`; `CANNOT_HOLD` with `failOnLoss`; and what
 * reading and writing throw
 */
export async function convertImage(image: Image, sink: ByteSink, options: ConvertOptions = {}): Promise<Conversion> {
  try {
    const { to = DEFAULT_WRITER } = options;
    const writer = typeof to === 'string' ? writerOf(to) : to;
    const { image: wanted, leftOut } = options.isStrict ? writer.strict(image) : { image, leftOut: [] };
    const refused = writer.refusals(wanted);
    if (options.isStrict) refuse(refused, image);
    const losses = [...leftOut, ...writer.held(wanted).losses, ...(options.index === false ? lossOfIndex(wanted) : [])];
    if (options.failOnLoss) failOn(losses);
    const indexBytes = await write(wanted, writer, sink, options);
    options.signal?.throwIfAborted();
    await sink.commit();
    return { to: writer.name, writtenBytes: sink.position, indexBytes, refused, losses };
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

/** What an index alone has room for. */
function lossOfIndex({ tasks, parent, capture }: Image): Loss[] {
  if (parent) return [];
  const isAnyUncaptured = tasks.some(({ mm }) => mm?.vmas.some(({ uncaptured }) => uncaptured));
  const told = [
    ...(isAnyUncaptured ? ['which pages were not captured'] : []),
    ...(capture ? ['how it was captured'] : []),
  ];
  return told.map((what) => ({ path: 'index', what, why: 'nothing but an index has room for it', bytes: 0 }));
}

/** Writes the image and its index; returns the bytes of the index. */
async function write(image: Image, writer: Writer, sink: ByteSink, options: ConvertOptions): Promise<number> {
  if (options.index === false) {
    await writer.write(image, sink, options);
    return 0;
  }
  const indexed = await IndexedSink.open(sink, options.digestLater);
  const written = await writer.write(image, indexed, options);
  return indexed.writeIndex({ ...(await indexed.takeFacts()), ...written, ...factsBeside(image) });
}

/** The first of them and how many more there are. */
function factsOf(losses: readonly Loss[]): ErrorFacts | undefined {
  const [first] = losses;
  if (!first) return undefined;
  const more = losses.length === 1 ? '' : ` (and ${String(losses.length - 1)} more)`;
  return { at: { path: first.path }, what: `${first.why}: ${first.what}${more}` };
}

/** Refuses the first loss: of a process for the process's sake, of an image for the format's. */
function refuse(losses: readonly Loss[], image: Image): void {
  const facts = factsOf(losses);
  if (!facts) return;
  if (image.format.family === 'process') throw new CaptureError('REFUSED', facts);
  throw new FormatError('CANNOT_HOLD', facts);
}

function failOn(losses: readonly Loss[]): void {
  const facts = factsOf(losses);
  if (facts) throw new FormatError('CANNOT_HOLD', facts);
}

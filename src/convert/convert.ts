import type { ByteSink } from '../format/bytes/sink.js';
import type { CopyOptions } from '../format/bytes/writer.js';
import { CaptureError, FormatError } from '../format/errors.js';
import type { Image, Loss } from '../format/model/image.js';
import { DEFAULT_WRITER, writerOf } from '../format/registry.js';

export interface ConvertOptions extends CopyOptions {
  /** What to write, one of `WRITER_NAMES`. Default `v11`. */
  readonly to?: string;
  /** Refuse what readers of that format would refuse, instead of reporting it. Default false. */
  readonly isStrict?: boolean;
}

export interface Conversion {
  readonly to: string;
  readonly writtenBytes: number;
  /** What readers of the format would not take, though it was written. */
  readonly refused: readonly Loss[];
  /** What the format has no way to say, and was left out. */
  readonly losses: readonly Loss[];
}

/**
 * Writes an image, or a live process, in another format. The sink is committed when all is well, else aborted.
 *
 * @throws {UsageError} for an unknown format
 * @throws {CaptureError} `REFUSED`, {FormatError} `CANNOT_HOLD` with `isStrict`, and what reading and writing throw
 */
export async function convertImage(image: Image, sink: ByteSink, options: ConvertOptions = {}): Promise<Conversion> {
  try {
    const writer = writerOf(options.to ?? DEFAULT_WRITER);
    const { image: wanted, leftOut } = options.isStrict ? writer.strict(image) : { image, leftOut: [] };
    const refused = writer.refusals(wanted);
    if (options.isStrict) refuse(refused, image);
    await writer.write(wanted, sink, options);
    await image.release?.();
    options.signal?.throwIfAborted();
    await sink.commit();
    const losses = [...leftOut, ...writer.losses(wanted)];
    return { to: writer.name, writtenBytes: sink.position, refused, losses };
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

/** Refuses the first loss: of a process for the process's sake, of an image for the format's. */
function refuse(losses: readonly Loss[], image: Image): void {
  const [first] = losses;
  if (!first) return;
  const more = losses.length === 1 ? '' : ` (and ${String(losses.length - 1)} more)`;
  const facts = { at: { path: first.path }, what: `${first.why}: ${first.what}${more}` };
  if (image.format.family === 'process') throw new CaptureError('REFUSED', facts);
  throw new FormatError('CANNOT_HOLD', facts);
}

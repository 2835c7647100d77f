import { openFile } from '../format/bytes/file.js';
import { FileSink } from '../format/bytes/file-sink.js';
import type { ByteSink } from '../format/bytes/sink.js';
import type { CopyOptions } from '../format/bytes/writer.js';
import { FormatError } from '../format/errors.js';
import type { Image, ImageFormat } from '../format/model/image.js';
import type { ReadImageOptions } from '../format/model/read-options.js';
import { readImage, type Writer } from '../format/registry.js';
import { convertImage, type Conversion } from './convert.js';
import { nearestWriter } from './nearest-writer.js';

export interface SalvageOptions extends CopyOptions {
  /**
   * What to write: one of `WRITER_NAMES`, or a writer. Default: the revision of the image, or the nearest that can be
   * written.
   */
  readonly to?: string | Writer | undefined;
  /** Put an index behind the image. Default true. */
  readonly index?: boolean | undefined;
}

/** What was saved of an image, and what was not. */
export interface Salvage extends Conversion {
  readonly name: string;
  /** Of the damaged image. */
  readonly format: ImageFormat;
  /** Whether the result is of the revision that was read. */
  readonly isSameRevision: boolean;
  /** What was wrong, in the order of the image; from each on, up to where reading went on, all is lost. */
  readonly faults: readonly FormatError[];
  readonly kept: { readonly tasks: number; readonly vmas: number; readonly pages: number };
}

/**
 * Writes what can be read of a damaged image as an image that is whole. A result in a file is read again before it gets its
 * name. The sink is committed when all is well, else aborted.
 *
 * @param read  opens the image, which is closed in the end
 * @throws {FormatError} the first fault, when nothing is left; {UsageError} for an unknown format; and what reading and
 * writing throw
 */
export async function salvageImage(
  read: (options: ReadImageOptions) => Promise<Image>,
  sink: ByteSink,
  options: SalvageOptions = {},
): Promise<Salvage> {
  const faults: FormatError[] = [];
  const image = await readOrAbort(read, sink, faults);
  try {
    const nearest = nearestWriter(image.format);
    const to = options.to ?? nearest.name;
    const conversion = await convertImage(image, checked(sink), { ...options, to });
    return {
      ...conversion,
      name: image.name,
      format: image.format,
      isSameRevision: nearest.isSame && conversion.to === nearest.name,
      faults,
      kept: countKept(image),
    };
  } finally {
    await image.close();
  }
}

async function readOrAbort(
  read: (options: ReadImageOptions) => Promise<Image>,
  sink: ByteSink,
  faults: FormatError[],
): Promise<Image> {
  try {
    const image = await read({ onFault: (fault) => void faults.push(fault) });
    if (image.tasks.length > 0) return image;
    await image.close();
    throw faults[0] ?? new FormatError('NOT_AN_IMAGE', { what: `${image.name} holds no task` });
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

/** The sink, whose file is read again, strictly, before it is final. */
function checked(sink: ByteSink): ByteSink {
  if (!(sink instanceof FileSink)) return sink;
  return {
    name: sink.name,
    get position() {
      return sink.position;
    },
    write: (bytes) => {
      sink.write(bytes);
    },
    commit: async () => {
      const written = await readImage(openFile(sink.temporaryName));
      await written.close();
      await sink.commit();
    },
    abort: () => sink.abort(),
  };
}

function countKept({ tasks }: Image): Salvage['kept'] {
  const vmas = [...new Set(tasks.flatMap(({ mm }) => mm ?? []))].flatMap((mm) => mm.vmas);
  const apart = new Set(vmas.flatMap(({ shared }) => shared ?? []));
  const held = [...vmas.filter(({ shared }) => !shared), ...apart];
  return {
    tasks: tasks.length,
    vmas: vmas.length,
    pages: held.reduce((sum, { pages }) => sum + pages.totalPages, 0),
  };
}

import type { Conversion } from '../../convert/convert.js';
import type { ImageFormat } from '../../format/model/image.js';
import { sizeText } from './amount.js';
import { lossLines } from './losses.js';
import type { Palette } from './palette.js';
import { printable } from './printable.js';

/** What `crit convert --json` prints. */
export interface ConvertSummary extends Conversion {
  /** Name of the image that was read. */
  readonly from: string;
  readonly format: ImageFormat;
  /** Null for standard output. */
  readonly file: string | null;
}

/** What a revision does not take or hold of what was written. */
export function* conversionLines({ to, refused, losses }: Conversion, palette: Palette): Generator<string> {
  yield* lossLines(`kernels of ${to} would have refused:`, refused, palette);
  yield* lossLines(`${to} cannot hold, and the image is without:`, losses, palette);
}

/** `x.img (v11, 4.0 KiB)` */
export function writtenText({ to, writtenBytes }: Conversion, file: string | null): string {
  return `${file === null ? 'standard output' : printable(file)} (${to}, ${sizeText(writtenBytes)})`;
}

/** The summary of a conversion, for people. */
export function* convertLines(summary: ConvertSummary, palette: Palette): Generator<string> {
  const { from, format, file } = summary;
  const source = `${printable(from)} (${printable(format.revision)})`;
  yield palette.heading(`converted ${source} to ${writtenText(summary, file)}`);
  yield* conversionLines(summary, palette);
}

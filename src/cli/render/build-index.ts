import { countText, sizeText } from './amount.js';
import { printable } from './printable.js';

/** What `crit index` made. */
export interface IndexSummary {
  readonly image: string;
  /** Where the index is: a file of its own, or the image. */
  readonly file: string;
  readonly indexBytes: number;
  readonly spaces: number;
  readonly vmas: number;
  readonly runs: number;
  readonly pages: number;
  readonly hasDigests: boolean;
}

export function* indexLines(summary: IndexSummary): Generator<string> {
  const { image, file, indexBytes, spaces, vmas, runs, pages, hasDigests } = summary;
  const where = file === image ? `behind ${printable(image)}` : printable(file);
  const digests = hasDigests ? 'with digests of all bytes' : 'without digests (--digests adds them)';
  yield `index of ${printable(image)}: ${where}, ${sizeText(indexBytes)}`;
  const held = `${countText(pages, 'page')} in ${countText(runs, 'run')}`;
  yield `  ${countText(spaces, 'address space')}, ${countText(vmas, 'mapping')}, ${held}; ${digests}`;
}

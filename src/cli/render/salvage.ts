import type { Conversion } from '../../convert/convert.js';
import type { ImageFormat } from '../../format/model/image.js';
import type { Finding } from '../../inspect/finding.js';
import type { Checked } from '../../inspect/verify.js';
import { countText } from './amount.js';
import { conversionLines, writtenText } from './convert.js';
import { findingLines } from './findings.js';
import type { Palette } from './palette.js';
import { printable } from './printable.js';

/** What `crit salvage --json` prints. */
export interface SalvageSummary extends Conversion {
  /** Name of the damaged image. */
  readonly from: string;
  readonly format: ImageFormat;
  /** Null for standard output. */
  readonly file: string | null;
  readonly isSameRevision: boolean;
  readonly faults: readonly Finding[];
  readonly kept: Checked;
}

/** The summary of a salvage, for people. */
export function* salvageLines(summary: SalvageSummary, palette: Palette): Generator<string> {
  const { from, format, file, to, isSameRevision, faults, kept } = summary;
  yield palette.heading(`saved of ${printable(`${from} (${format.revision})`)} to ${writtenText(summary, file)}`);
  const parts = [countText(kept.tasks, 'task'), countText(kept.vmas, 'mapping'), countText(kept.pages, 'page')];
  yield `  kept ${parts.join(', ')}`;
  if (!isSameRevision) yield palette.warning(`  the image was ${printable(format.revision)}, what is saved is ${to}`);
  if (faults.length === 0) yield '  nothing was wrong with it';
  else yield palette.warning(`lost or unsure from ${countText(faults.length, 'fault')} on:`);
  yield* findingLines(faults, palette);
  yield* conversionLines(summary, palette);
}

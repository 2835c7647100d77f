import type { Verification } from '../../inspect/verify.js';
import { countText, sizeText } from './amount.js';
import { findingLines } from './findings.js';
import { noteLines } from './header.js';
import type { Palette } from './palette.js';
import { printable } from './printable.js';

function verdict({ name, format, findings }: Verification): string {
  const spelling = format === null ? '' : ` (${printable(`${format.family} ${format.revision}`)})`;
  return `${printable(name)}${spelling} is ${findings.length === 0 ? 'whole' : 'damaged'}`;
}

/** What a check found, one line each, and in the end how much there was of it. */
export function* verifyLines(verification: Verification, palette: Palette): Generator<string> {
  const { findings, remarks, checked, digestedBytes } = verification;
  const { tasks, vmas, pages } = checked;
  yield (findings.length === 0 ? palette.heading : palette.warning)(verdict(verification));
  yield* findingLines(findings, palette);
  yield* noteLines(remarks, palette);
  const read = [countText(tasks, 'task'), countText(vmas, 'mapping'), countText(pages, 'page')].join(', ');
  const bytes =
    digestedBytes === null ? 'no digests to check contents with' : `${sizeText(digestedBytes)} checked by digests`;
  yield `${countText(findings.length, 'fault')}; ${read} in order; ${bytes}`;
}

import type { Finding } from '../../inspect/finding.js';
import type { Palette } from './palette.js';
import { printable } from './printable.js';

/** A line for each finding: what is wrong, its code, offset and path. */
export function* findingLines(findings: readonly Finding[], palette: Palette): Generator<string> {
  for (const { code, message, offset, path } of findings) {
    const at = offset === null ? '' : ` at 0x${offset.toString(16)}`;
    const where = path === null ? '' : `, ${printable(path)}`;
    yield `  ${printable(message)}  ${palette.faint(`[${code}${at}${where}]`)}`;
  }
}

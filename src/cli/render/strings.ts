import { hexNumber } from '../../format/layout/unit.js';
import { vmaLabel } from '../../inspect/describe-vma.js';
import type { StringMatch } from '../../inspect/search/strings.js';
import { addressText } from './address.js';
import { printable } from './printable.js';
import type { Palette } from './palette.js';
import type { MatchColumns } from './search.js';

/** A string as JSON. */
export function stringElement({ pid, vaddr, length, area, text, isCut }: StringMatch): object {
  const vma = { start: hexNumber(area.vm_start), kind: area.kind, name: vmaLabel(area) ?? null };
  return { pid, vaddr: hexNumber(vaddr), length, vma, text, isCut };
}

/** A line for each string: pid where there are several, address, text. */
export async function* stringLines(
  strings: AsyncIterable<StringMatch>,
  { digits, hasPids }: Pick<MatchColumns, 'digits' | 'hasPids'>,
  palette: Palette,
): AsyncGenerator<string> {
  for await (const { pid, vaddr, text, isCut } of strings) {
    const place = `${hasPids ? `${String(pid)} ` : ''}${addressText(hexNumber(vaddr), digits)}`;
    yield `${place}  ${printable(text)}${isCut ? palette.warning('... (cut)') : ''}`;
  }
}

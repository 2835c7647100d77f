import { hexBytes, hexNumber } from '../../format/layout/unit.js';
import { vmaLabel } from '../../inspect/describe-vma.js';
import type { Match } from '../../inspect/search/search.js';
import { addressText } from './address.js';
import { ROW_BYTES, hexRowText } from './hex-row.js';
import { printable } from './printable.js';
import type { Palette } from './palette.js';

/** Stands between matches with context, as grep has it. */
const BETWEEN = '--';

export interface MatchColumns {
  /** Of an address. */
  readonly digits: number;
  /** Whether lines begin with a pid. */
  readonly hasPids: boolean;
  /** Whether the memory around is shown. */
  readonly hasContext: boolean;
}

/** A match as JSON. */
export function matchElement({ pid, vaddr, length, area, bytes, before, after }: Match): object {
  const around = before.length + after.length === 0 ? {} : { before: hexBytes(before), after: hexBytes(after) };
  const vma = { start: hexNumber(area.vm_start), kind: area.kind, name: vmaLabel(area) ?? null };
  return { pid, vaddr: hexNumber(vaddr), length, vma, bytes: hexBytes(bytes), ...around };
}

/** Where something was found: pid where there are several, address, mapping. */
export function placeText(
  { pid, vaddr, area }: Pick<Match, 'pid' | 'vaddr' | 'area'>,
  { digits, hasPids }: Pick<MatchColumns, 'digits' | 'hasPids'>,
  palette: Palette,
): string {
  const label = palette.name(printable(vmaLabel(area) ?? area.kind));
  return `${hasPids ? `${String(pid)} ` : ''}${addressText(hexNumber(vaddr), digits)}  ${label}`;
}

/** The match and what is around it, in rows that begin at multiples of 16. */
function contextLines({ vaddr, bytes, before, after }: Match, { digits }: MatchColumns): string[] {
  const all = new Uint8Array(before.length + bytes.length + after.length);
  all.set(before);
  all.set(bytes, before.length);
  all.set(after, before.length + bytes.length);
  const start = vaddr - BigInt(before.length);
  const lines: string[] = [];
  let column = Number(start % BigInt(ROW_BYTES));
  for (let at = 0, next; at < all.length; at = next) {
    next = Math.min(all.length, at + ROW_BYTES - column);
    const row = addressText(hexNumber(start + BigInt(at - column)), digits);
    lines.push(`  ${row}  ${hexRowText({ column, bytes: all.subarray(at, next) })}`);
    column = 0;
  }
  return lines;
}

function matchText(match: Match, columns: MatchColumns, palette: Palette): string {
  const place = placeText(match, columns, palette);
  if (columns.hasContext) return [place, ...contextLines(match, columns)].join('\n');
  const rest = match.length > ROW_BYTES ? ` ${palette.faint(`... ${String(match.length)} bytes`)}` : '';
  return `${place}  ${hexRowText({ column: 0, bytes: match.bytes.subarray(0, ROW_BYTES) })}${rest}`;
}

/** A line for each match: address, mapping and its first bytes; with context that, as in `hexdump -C`, below. */
export async function* matchLines(
  matches: AsyncIterable<Match>,
  columns: MatchColumns,
  palette: Palette,
): AsyncGenerator<string> {
  let isFirst = true;
  for await (const match of matches) {
    if (columns.hasContext && !isFirst) yield BETWEEN;
    isFirst = false;
    yield matchText(match, columns, palette);
  }
}

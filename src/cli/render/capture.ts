import type { KindStats } from '../../capture/capture-stats.js';
import type { PauseBudget } from '../../capture/pause-budget.js';
import type { Conversion } from '../../convert/convert.js';
import { VMA_KINDS, isVmaKind } from '../../format/model/vma-kind.js';
import { countText, sizeText } from './amount.js';
import { tableLines } from './column.js';
import { conversionLines, writtenText } from './convert.js';
import type { Palette } from './palette.js';
import { printable } from './printable.js';

/** What `crit capture --json` prints. */
export interface CaptureSummary extends Conversion {
  readonly pid: number;
  readonly comm: string;
  /** Null for standard output. */
  readonly file: string | null;
  /** How long the process stood still for us; null if we did not stop it. */
  readonly stoppedNs: number | null;
  /** Null unless asked for. */
  readonly pauseBudget: PauseBudget | null;
  readonly wasStopped: boolean;
  readonly kinds: readonly KindStats[];
  /** Paths and ranges to include or exclude that nothing was mapped as. */
  readonly unmatched: readonly string[];
}

function stopText({ stoppedNs, wasStopped }: CaptureSummary): string {
  if (wasStopped) return 'it was stopped before, and still is';
  if (stoppedNs === null) return 'it was not stopped';
  return `it stood still for ${(stoppedNs / 1e6).toFixed(1)} ms`;
}

function budgetText({ limitBytes, heldBytes, reason }: PauseBudget): string {
  if (heldBytes === null) return `written while it stood still: ${printable(reason ?? '')}`;
  return `held in memory while it stood still: ${sizeText(heldBytes)} of ${sizeText(limitBytes)} allowed`;
}

function kindLines(kinds: readonly KindStats[]): string[] {
  const rows = kinds.map(({ kind, vmas, pages, bytes, reason }) => {
    const contents =
      pages === 0 ? `no contents: ${printable(reason)}` : `${countText(pages, 'page')}, ${sizeText(bytes)}`;
    return [`  ${printable(kind)}`, countText(vmas, 'mapping'), contents];
  });
  return tableLines(rows, ['left', 'right', 'left']);
}

/** Memory of the process that is nowhere else, and not in the image either. */
function* leftOutLines({ kinds, unmatched }: CaptureSummary, palette: Palette): Generator<string> {
  for (const { kind, leftOut } of kinds) {
    // what other kinds leave out is not the process's own
    const isTold = kind === 'scratch' || !isVmaKind(kind);
    for (const { vmas, pages, bytes, reason } of isTold ? leftOut : []) {
      const what = `${countText(pages, 'page')}, ${sizeText(bytes)}, of ${countText(vmas, 'mapping')}`;
      const remedy = reason === VMA_KINDS.scratch.reason ? '; --include scratch captures it' : '';
      yield palette.warning(`  left out: ${what} (${printable(kind)}): ${printable(reason)}${remedy}`);
    }
  }
  for (const text of unmatched) yield palette.warning(`  nothing is mapped as ${printable(text)}`);
}

/** The summary of a capture, for people. */
export function* captureLines(summary: CaptureSummary, palette: Palette): Generator<string> {
  const { pid, comm, file, kinds } = summary;
  const what = `captured ${String(pid)} ${printable(comm)} to ${writtenText(summary, file)}`;
  yield `${palette.heading(what)}; ${stopText(summary)}`;
  if (summary.pauseBudget) yield `  ${budgetText(summary.pauseBudget)}`;
  yield* kindLines(kinds);
  yield* leftOutLines(summary, palette);
  yield* conversionLines(summary, palette);
}

import type { KindStats } from '../../capture/capture-stats.js';
import type { PartialCapture } from '../../capture/partial.js';
import type { FreezeMethod } from '../../capture/freeze-method.js';
import type { PauseBudget } from '../../capture/pause-budget.js';
import type { PreCopyStats } from '../../capture/precopy.js';
import type { TrackingStats } from '../../capture/tracking/tracking.js';
import type { Conversion } from '../../convert/convert.js';
import { VMA_KINDS, isVmaKind } from '../../format/model/vma-kind.js';
import { countText, sizeText } from './amount.js';
import { tableLines } from './column.js';
import { incrementalLines } from './incremental.js';
import { conversionLines, writtenText } from './convert.js';
import type { Palette } from './palette.js';
import { printable } from './printable.js';

/** What `crit capture --json` prints. */
export interface CaptureSummary extends Conversion {
  readonly pid: number;
  readonly comm: string;
  /** All that were captured, the one of `pid` first. */
  readonly processes: readonly { readonly pid: number; readonly comm: string }[];
  /** Null for standard output. */
  readonly file: string | null;
  /** How long the processes stood still for us; null if we did not stop them. */
  readonly stoppedNs: number | null;
  /** Null unless asked for. */
  readonly pauseBudget: PauseBudget | null;
  /** Null for an image that stands by itself. */
  readonly parent: { readonly path: string; readonly id: string } | null;
  /** Null unless asked for. */
  readonly tracking: TrackingStats | null;
  /** Null unless asked for. */
  readonly preCopy: PreCopyStats | null;
  readonly wasStopped: boolean;
  /** Null if we did not stop it. */
  readonly freeze: { readonly method: FreezeMethod; readonly fallbackReason: string | null } | null;
  /** What is missing because the time was over; null if the image is whole. */
  readonly partial: PartialCapture | null;
  readonly kinds: readonly KindStats[];
  /** What may be missing, for people. */
  readonly warnings: readonly string[];
  /** Paths and ranges to include or exclude that nothing was mapped as. */
  readonly unmatched: readonly string[];
}

function stopText({ stoppedNs, wasStopped, freeze, processes }: CaptureSummary): string {
  const isOne = processes.length === 1;
  if (wasStopped) return isOne ? 'it was stopped before, and still is' : 'they were stopped before, and still are';
  if (stoppedNs === null) return isOne ? 'it was not stopped' : 'they were not stopped';
  const way = freeze?.method === 'cgroup' ? ', frozen by a cgroup' : '';
  return `${isOne ? 'it' : 'they'} stood still for ${(stoppedNs / 1e6).toFixed(1)} ms${way}`;
}

function* partialLines({ missingPages, missingBytes, losses }: PartialCapture, palette: Palette): Generator<string> {
  const missing = `${countText(missingPages, 'page')}, ${sizeText(missingBytes)}`;
  yield palette.warning(`  partial: the time was over before all was read; ${missing} are missing`);
  for (const { path, what } of losses) yield `    ${path}: ${what}`;
}

function budgetText({ limitBytes, heldBytes, reason }: PauseBudget): string {
  if (heldBytes === null) return `written while it stood still: ${printable(reason ?? '')}`;
  return `held in memory while it stood still: ${sizeText(heldBytes)} of ${sizeText(limitBytes)} allowed`;
}

function contentsText({ pages, bytes, parentPages, reason }: KindStats): string {
  if (pages + parentPages === 0) return `no contents: ${printable(reason)}`;
  const own = `${countText(pages, 'page')}, ${sizeText(bytes)}`;
  return parentPages === 0 ? own : `${own}; ${countText(parentPages, 'page')} left to the parent`;
}

function kindLines(kinds: readonly KindStats[]): string[] {
  const rows = kinds.map((stats) => [
    `  ${printable(stats.kind)}`,
    countText(stats.vmas, 'mapping'),
    contentsText(stats),
  ]);
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
  const { pid, comm, processes, file, kinds, warnings } = summary;
  const more = processes.length === 1 ? '' : ` and ${String(processes.length - 1)} more`;
  const what = `captured ${String(pid)} ${printable(comm)}${more} to ${writtenText(summary, file)}`;
  yield `${palette.heading(what)}; ${stopText(summary)}`;
  if (summary.pauseBudget) yield `  ${budgetText(summary.pauseBudget)}`;
  if (more !== '') for (const one of processes) yield `  ${String(one.pid)} ${printable(one.comm)}`;
  if (summary.freeze?.fallbackReason) yield `  stopped by signals: ${printable(summary.freeze.fallbackReason)}`;
  if (summary.partial) yield* partialLines(summary.partial, palette);
  yield* incrementalLines(summary);
  yield* kindLines(kinds);
  for (const warning of warnings) yield `  ${printable(warning)}`;
  yield* leftOutLines(summary, palette);
  yield* conversionLines(summary, palette);
}

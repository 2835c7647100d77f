import type { KindStats } from '../../capture/capture-stats.js';
import type { Loss } from '../../format/model/image.js';
import { countText, sizeText } from './amount.js';
import { tableLines } from './column.js';
import type { Palette } from './palette.js';
import { printable } from './printable.js';

/** What `crit capture --json` prints. */
export interface CaptureSummary {
  readonly pid: number;
  readonly comm: string;
  /** Null for standard output. */
  readonly file: string | null;
  readonly to: string;
  /** How long the process stood still for us; null if we did not stop it. */
  readonly stoppedNs: number | null;
  readonly wasStopped: boolean;
  readonly writtenBytes: number;
  readonly kinds: readonly KindStats[];
  readonly refused: readonly Loss[];
  readonly losses: readonly Loss[];
}

/** More of a list than this are counted, not listed. */
const MAX_LISTED = 12;

function stopText({ stoppedNs, wasStopped }: CaptureSummary): string {
  if (wasStopped) return 'it was stopped before, and still is';
  if (stoppedNs === null) return 'it was not stopped';
  return `it stood still for ${(stoppedNs / 1e6).toFixed(1)} ms`;
}

function kindLines(kinds: readonly KindStats[]): string[] {
  const rows = kinds.map(({ kind, vmas, pages, bytes }) => {
    const contents = pages === 0 ? 'no contents' : `${countText(pages, 'page')}, ${sizeText(bytes)}`;
    return [`  ${kind}`, countText(vmas, 'mapping'), contents];
  });
  return tableLines(rows, ['left', 'right', 'left']);
}

/** The summary of a capture, for people. */
export function* captureLines(summary: CaptureSummary, palette: Palette): Generator<string> {
  const { pid, comm, file, to, writtenBytes, kinds, refused, losses } = summary;
  const where = file === null ? 'standard output' : printable(file);
  const what = `captured ${String(pid)} ${printable(comm)} to ${where}`;
  yield `${palette.heading(what)} (${to}, ${sizeText(writtenBytes)}); ${stopText(summary)}`;
  yield* kindLines(kinds);
  yield* listLines(`kernels of ${to} would have refused:`, refused, palette);
  yield* listLines(`${to} cannot hold, and the image is without:`, losses, palette);
}

function* listLines(heading: string, losses: readonly Loss[], palette: Palette): Generator<string> {
  if (losses.length === 0) return;
  yield palette.warning(heading);
  for (const { what, why } of losses.slice(0, MAX_LISTED)) yield `  ${printable(what)} (${why})`;
  if (losses.length > MAX_LISTED) yield `  and ${String(losses.length - MAX_LISTED)} more; --json lists all`;
}

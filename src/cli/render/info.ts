import { addressDigits, rangeText } from './address.js';
import { countText, sizeText } from './amount.js';
import { chainFactsLines } from './chain.js';
import { tableLines } from './column.js';
import { headerLines, noteLines } from './header.js';
import { printable } from './printable.js';
import { pageBytes } from '../../inspect/describe-vma.js';
import type { ImageTotals } from '../../inspect/totals.js';
import type { Palette } from './palette.js';

function kindLines({ byKind }: ImageTotals): string[] {
  const rows = byKind.map(({ kind, kindName, vmas, bytes, pagesDumped }) => {
    return [
      printable(kindName ?? kind),
      String(vmas),
      sizeText(bytes),
      String(pagesDumped),
      sizeText(pageBytes(pagesDumped)),
    ];
  });
  const heading = ['kind', 'mappings', 'mapped', 'pages', 'dumped'];
  return tableLines([heading, ...rows], ['left', 'right', 'right', 'right', 'right']);
}

function largestLines({ largestVmas, tasks }: ImageTotals): string[] {
  const digits = addressDigits(largestVmas.map(({ end }) => end));
  const rows = largestVmas.map((vma) => {
    const pid = tasks > 1 ? `${String(vma.pid)}: ` : '';
    const pages = countText(vma.pagesDumped, 'page');
    return [pid + rangeText(vma, digits), vma.kind, sizeText(vma.sizeBytes), pages, printable(vma.name ?? '')];
  });
  return tableLines(rows, ['left', 'left', 'right', 'right', 'left']);
}

/** What only some formats have. */
function* apartLines({ sharedMemory, kernelRecords }: ImageTotals): Generator<string> {
  const facts = [
    ...(sharedMemory === 0 ? [] : [`${countText(sharedMemory, 'shared memory object')}, counted once`]),
    ...(kernelRecords === 0 ? [] : [countText(kernelRecords, 'kernel record')]),
  ];
  if (facts.length > 0) yield facts.join(', ');
}

/** The totals of an image, on one screen. */
export function* infoLines(totals: ImageTotals, palette: Palette): Generator<string> {
  yield* headerLines(totals, palette);
  yield* chainFactsLines(totals, palette);
  const { fileDescriptors, openFiles, pagesDumped } = totals;
  const files = `${countText(fileDescriptors, 'descriptor')} of ${countText(openFiles, 'open file')}`;
  const zombies = totals.zombies === 0 ? '' : ` (${countText(totals.zombies, 'zombie')})`;
  yield [countText(totals.tasks, 'task') + zombies, countText(totals.threads, 'thread'), files].join(', ');
  const mapped = `${countText(totals.vmas, 'mapping')}, ${sizeText(totals.reservedBytes)} mapped`;
  const dumped = `${countText(pagesDumped, 'page')} (${sizeText(totals.dumpedBytes)}) dumped`;
  yield `${mapped}, ${dumped} in ${countText(totals.runs, 'run')}`;
  for (const line of kindLines(totals)) yield `  ${line}`;
  yield* apartLines(totals);
  if (totals.largestVmas.length > 0) yield palette.heading('largest mappings');
  for (const line of largestLines(totals)) yield `  ${line}`;
  yield* noteLines(totals.notes, palette);
}

import { sizeText } from './amount.js';
import { tableLines } from './column.js';
import { countWidths, countsText, legendText } from './page-counts.js';
import { printable } from './printable.js';
import { isVmaDifferent } from '../../inspect/diff.js';
import { pageBytes } from '../../inspect/describe-vma.js';
import { VMA_CHANGES } from '../../inspect/vma-relation.js';
import type { ImageDiff, TaskDiff, VmaDiff } from '../../inspect/diff.js';
import type { Presence } from '../../inspect/sides.js';
import type { VmaChange } from '../../inspect/vma-relation.js';
import type { Palette } from './palette.js';

const PRESENCES = { added: 'added', removed: 'removed', both: 'changed' } as const satisfies Record<Presence, string>;

/** `2 added, 1 changed`; empty for none. */
function presenceText(items: readonly { readonly presence: Presence }[]): string {
  const texts = Object.entries(PRESENCES).map(([presence, word]) => {
    const count = items.filter((item) => item.presence === presence).length;
    return count === 0 ? [] : [`${String(count)} ${word}`];
  });
  return texts.flat().join(', ');
}

function mappingsText(vmas: readonly VmaDiff[]): string {
  // the table's keys are the changes
  const texts = (Object.keys(VMA_CHANGES) as VmaChange[]).flatMap((change) => {
    const count = vmas.filter(({ changes }) => changes.includes(change)).length;
    return count === 0 ? [] : [`${String(count)} ${change}`];
  });
  const withPages = vmas.filter((vma) => vma.changes.length === 0 && isVmaDifferent(vma)).length;
  if (withPages > 0) texts.push(`${String(withPages)} with other contents only`);
  return texts.join(', ');
}

function pagesText({ pages }: ImageDiff, palette: Palette): string {
  const differing = pages.added + pages.removed + pages.changed;
  const size = sizeText(pageBytes(differing));
  return `${countsText(pages, countWidths([pages]), palette)}  (${legendText()}; ${size} differ)`;
}

function fieldsText(tasks: readonly TaskDiff[], diff: ImageDiff): string {
  const count = tasks.reduce((sum, task) => sum + task.fields.length, diff.header.length);
  return count === 0 ? '' : `${String(count)} changed`;
}

/** How much of each kind differs: fields, tasks, threads, files, mappings, pages. */
export function* diffStatLines(diff: ImageDiff, palette: Palette): Generator<string> {
  const { tasks } = diff;
  const rows = [
    ['fields', fieldsText(tasks, diff)],
    ['tasks', presenceText(tasks.filter(({ presence }) => presence !== 'both'))],
    ['threads', presenceText(tasks.flatMap(({ threads }) => threads))],
    ['files', presenceText(tasks.flatMap(({ files }) => files))],
    ['mappings', mappingsText(tasks.flatMap(({ vmas }) => vmas))],
    ['pages', pagesText(diff, palette)],
  ];
  if (!diff.isDifferent) yield `${printable(diff.before)} and ${printable(diff.after)} do not differ`;
  yield* tableLines(
    rows.filter(([, text]) => text !== ''),
    ['left', 'left'],
  );
}

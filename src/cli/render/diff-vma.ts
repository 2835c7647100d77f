import { addressDigits, addressText, rangeText } from './address.js';
import { leftAligned } from './column.js';
import { STATE_SIGNS, countsText, stateStyle } from './page-counts.js';
import { printable } from './printable.js';
import { hexNumber } from '../../format/layout/unit.js';
import { vaddrOf } from '../../format/model/page.js';
import { permissionText } from '../../format/model/vm-flags.js';
import { PAGE_STATES } from '../../inspect/page-states.js';
import { vmaLabel } from '../../inspect/describe-vma.js';
import { latestOf } from '../../inspect/sides.js';
import { countText } from './amount.js';
import type { Vma } from '../../format/model/image.js';
import type { TaskDiff, VmaDiff } from '../../inspect/diff.js';
import type { PageCounts } from '../../inspect/page-states.js';
import type { VmaChange } from '../../inspect/vma-relation.js';
import type { Palette, Style } from './palette.js';

/** Widths that the lines of one task share. */
export interface VmaColumns {
  readonly digits: number;
  readonly kindWidth: number;
  readonly counts: PageCounts;
}

/** The mapping that a line is about: what it is after, but for one that went into another. */
export function shownVma(vma: VmaDiff): Vma {
  return vma.presence === 'both' && vma.changes.includes('merged') ? vma.before : latestOf<Vma>(vma);
}

/** Digits for the addresses of a task, on both sides. */
export function taskDigits({ before, after }: TaskDiff): number {
  const last = [before, after].flatMap((task) => task?.mm?.vmas.at(-1) ?? []);
  return addressDigits(last.map(({ vm_end }) => hexNumber(vm_end)));
}

function vmaRange({ vm_start, vm_end }: Vma, digits: number): string {
  return rangeText({ start: hexNumber(vm_start), end: hexNumber(vm_end) }, digits);
}

type ChangeText = (before: Vma, after: Vma, digits: number) => string;

function named(vma: Vma): string {
  return printable(vmaLabel(vma) ?? `${vma.kind} memory`);
}

/** Changes of place, told with the range before. */
const PLACE_CHANGES: readonly VmaChange[] = ['grown', 'shrunk', 'moved', 'split'];

/** What is said of the other changes in a mapping that is there on both sides. */
const CHANGE_TEXTS: Readonly<Partial<Record<VmaChange, ChangeText>>> = {
  merged: (_before, after, digits) => `merged into ${vmaRange(after, digits)}`,
  reprotected: protectionText,
  renamed: (before) => `was ${named(before)}`,
  remapped: (before, after) => `offset ${String(before.vm_pgoff)} -> ${String(after.vm_pgoff)} pages`,
};

/** Permissions where they differ; else the words that do. */
function protectionText(before: Vma, after: Vma): string {
  const [a, b] = [permissionText(before.vm_flags), permissionText(after.vm_flags)];
  if (a !== b) return `was ${a}`;
  const isFlags = before.vm_flags !== after.vm_flags;
  const [from, to] = isFlags ? [before.vm_flags, after.vm_flags] : [before.vm_page_prot, after.vm_page_prot];
  return `${isFlags ? 'flags' : 'protection'} ${hexNumber(from)} -> ${hexNumber(to)}`;
}

function changesText(vma: VmaDiff, digits: number): string {
  if (vma.presence !== 'both') return '';
  const { before, after } = vma;
  const places = vma.changes.filter((change) => PLACE_CHANGES.includes(change));
  const place = places.length === 0 ? [] : [`${places.join(' and ')} from ${vmaRange(before, digits)}`];
  const others = vma.changes.flatMap((change) => CHANGE_TEXTS[change]?.(before, after, digits) ?? []);
  return [...place, ...others].join(', ');
}

function signOf(vma: VmaDiff, palette: Palette): readonly [sign: string, style: Style] {
  if (vma.presence === 'added') return ['+', palette.added];
  return vma.presence === 'removed' ? ['-', palette.removed] : ['~', palette.changed];
}

/** One line for a mapping: sign, range, permissions, kind, page counts, name, and in words what changed. */
export function vmaDiffLine(vma: VmaDiff, columns: VmaColumns, palette: Palette): string {
  const [sign, style] = signOf(vma, palette);
  const shown = shownVma(vma);
  const place = `${vmaRange(shown, columns.digits)} ${permissionText(shown.vm_flags)}`;
  const kind = leftAligned(shown.kind, columns.kindWidth);
  const counts = countsText(vma.pages, columns.counts, palette);
  const label = vmaLabel(shown);
  const name = label === undefined ? '' : `  ${palette.name(printable(label))}`;
  const changes = changesText(vma, columns.digits);
  return `${style(`${sign} ${place}`)} ${kind}  ${counts} pages${name}${changes === '' ? '' : `  (${changes})`}`;
}

/** The runs of pages that differ, at their addresses after. */
export function* pageRunLines({ runs }: VmaDiff, digits: number, palette: Palette): Generator<string> {
  for (let i = 0; i < runs.count; i++) {
    const state = PAGE_STATES[runs.state[i] ?? 0] ?? 'same';
    if (state === 'same') continue;
    const [vpn, nrPages] = [runs.vpn[i] ?? 0, runs.nrPages[i] ?? 0];
    const [start, end] = [vpn, vpn + nrPages].map((at) => addressText(hexNumber(vaddrOf(at)), digits));
    const range = `${start ?? ''}-${end ?? ''}`;
    yield stateStyle(state, palette)(`${STATE_SIGNS[state]} ${range}  ${countText(nrPages, 'page')} ${state}`);
  }
}

import type { PageCounts, PageState } from '../../inspect/page-states.js';
import type { Palette } from './palette.js';

/** The sign of each page state, in the order in which counts are written. */
export const STATE_SIGNS = { added: '+', removed: '-', changed: '~', same: '=' } as const satisfies Record<
  PageState,
  string
>;

/** The state names in that order. */
// the table's keys are its states
const STATES = Object.keys(STATE_SIGNS) as PageState[];

/** The look of a page state. */
export function stateStyle(state: PageState, palette: Palette): (text: string) => string {
  return state === 'same' ? palette.faint : palette[state];
}

/** Widths of the counts in a list, so that they stand in columns. */
export function countWidths(all: Iterable<PageCounts>): PageCounts {
  const most = { same: 0, changed: 0, added: 0, removed: 0 };
  for (const counts of all) for (const state of STATES) most[state] = Math.max(most[state], counts[state]);
  const digits = (count: number): number => String(count).length;
  const { same, changed, added, removed } = most;
  return { same: digits(same), changed: digits(changed), added: digits(added), removed: digits(removed) };
}

/** `+3 -0 ~2 =1021`, right-aligned to `widths`; counts of none are faint. */
export function countsText(counts: PageCounts, widths: PageCounts, palette: Palette): string {
  const texts = STATES.map((state) => {
    const style = counts[state] === 0 ? palette.faint : stateStyle(state, palette);
    const text = STATE_SIGNS[state] + String(counts[state]);
    return ' '.repeat(Math.max(0, widths[state] + 1 - text.length)) + style(text);
  });
  return texts.join(' ');
}

/** What the signs mean: `+ added  - removed  ~ changed  = same`. */
export function legendText(): string {
  return STATES.map((state) => `${STATE_SIGNS[state]} ${state}`).join('  ');
}

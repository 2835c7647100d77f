import { expect, test } from 'vitest';
import { PAGEMAP, PAGE_CLASS, pageClasses, type PageOrigin } from '../../src/capture/page-class.js';

const ANONYMOUS: PageOrigin = { absent: 'zero', hasSwap: false };
const SWAPPING: PageOrigin = { absent: 'zero', hasSwap: true };
const FILE: PageOrigin = { absent: 'backing', hasSwap: false };

const BIT_OF_LETTER: Readonly<Record<string, number>> = {
  P: PAGEMAP.PRESENT,
  S: PAGEMAP.SWAPPED,
  F: PAGEMAP.FILE,
  g: PAGEMAP.GUARD,
  u: PAGEMAP.UFFD_WP,
  x: PAGEMAP.EXCLUSIVE,
};

/** Rows of spec/proc.md 3, with its letters; `d` (soft-dirty) lies below the top byte. */
const ROWS: readonly (readonly [
  what: string,
  letters: string,
  origin: PageOrigin,
  expected: keyof typeof PAGE_CLASS,
])[] = [
  ['private anonymous, written', 'Px', ANONYMOUS, 'counted'],
  ['zero page, or shared by fork', 'P', ANONYMOUS, 'doubtful'],
  ['untouched', '', ANONYMOUS, 'absent'],
  ['huge zero page', 'PF', ANONYMOUS, 'absent'],
  ['swapped', 'S', SWAPPING, 'counted'],
  ['an entry like swap where nothing is swapped', 'S', ANONYMOUS, 'doubtful'],
  ['page on its way to another node', 'Sx', ANONYMOUS, 'counted'],
  ['guard page', 'Sg', SWAPPING, 'absent'],
  ['write-protected by userfaultfd', 'Pux', ANONYMOUS, 'counted'],
  ['marker of userfaultfd without a page', 'Su', SWAPPING, 'doubtful'],
  ['private file page, written', 'Px', FILE, 'counted'],
  ['private file page, written before a fork', 'P', FILE, 'kept'],
  ['private file page, only read', 'PF', FILE, 'absent'],
  ['private file page read by one process only', 'PFx', FILE, 'absent'],
  ['private file page, swapped', 'S', FILE, 'kept'],
  ['private file page, absent', '', FILE, 'absent'],
];

test.each(ROWS)('%s (%s)', (_what, letters, origin, expected) => {
  const flags = Array.from(letters).reduce((bits, letter) => bits | (BIT_OF_LETTER[letter] ?? 0), 0);
  expect(pageClasses(origin)[flags]).toBe(PAGE_CLASS[expected]);
});

test('nothing that is neither present nor swapped is kept, whatever its other bits', () => {
  for (const origin of [ANONYMOUS, SWAPPING, FILE]) {
    const kept = [...pageClasses(origin).entries()].filter(([, pageClass]) => pageClass !== PAGE_CLASS.absent);
    expect(kept.every(([flags]) => (flags & (PAGEMAP.PRESENT | PAGEMAP.SWAPPED)) !== 0)).toBe(true);
  }
});

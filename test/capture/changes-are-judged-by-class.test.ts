import { expect, test } from 'vitest';
import { PAGEMAP } from '../../src/capture/page-class.js';
import type { Pagemap, TakeRun } from '../../src/capture/pagemap.js';
import { SOFT_DIRTY, softDirtyVerdicts } from '../../src/capture/tracking/soft-dirty-class.js';
import { DIGEST_TRACKER, NO_TRACKER, softDirtyTracker } from '../../src/capture/tracking/trackers.js';
import { VERDICT, type ChangeTracker } from '../../src/capture/tracking/verdict.js';
import type { Vma } from '../../src/format/model/image.js';
import { PageRunsBuilder, type PageRuns } from '../../src/format/model/page-runs.js';
import { VM_FLAGS } from '../../src/format/model/vm-flags.js';

const BIT_OF_LETTER: Readonly<Record<string, number>> = {
  P: PAGEMAP.PRESENT << 1,
  S: PAGEMAP.SWAPPED << 1,
  F: PAGEMAP.FILE << 1,
  g: PAGEMAP.GUARD << 1,
  u: PAGEMAP.UFFD_WP << 1,
  x: PAGEMAP.EXCLUSIVE << 1,
  d: SOFT_DIRTY,
};

function bitsOf(letters: string): number {
  return Array.from(letters).reduce((bits, letter) => bits | (BIT_OF_LETTER[letter] ?? 0), 0);
}

/** Rows of spec/proc.md 2 and 3, with its letters. */
const ROWS: readonly (readonly [what: string, letters: string, verdict: keyof typeof VERDICT])[] = [
  ['written since', 'Pxd', 'own'],
  ['loaded, or not touched', 'Px', 'same'],
  ['dropped', '', 'absent'],
  ['never there in a new mapping', 'd', 'absent'],
  ['dropped and loaded: the zero page', 'P', 'compare'],
  ['shared since a fork and not written since', 'P', 'compare'],
  ['shared since a fork and written before', 'Pd', 'own'],
  ['a written file page that was dropped: the page of the file', 'PF', 'compare'],
  ['the huge zero page', 'PF', 'compare'],
  ['swapped out clean', 'S', 'same'],
  ['swapped out dirty', 'Sd', 'own'],
  ['a guard page', 'Sg', 'compare'],
  ['write-protected by userfaultfd', 'Pux', 'compare'],
  ['write-protected and written', 'Puxd', 'own'],
];

test.each(ROWS)('soft-dirty, %s (%s): %s', (_what, letters, verdict) => {
  expect(softDirtyVerdicts(false)[bitsOf(letters)]).toBe(VERDICT[verdict]);
  expect(softDirtyVerdicts(true)[bitsOf(letters)]).toBe(VERDICT[verdict === 'own' ? 'compare' : verdict]);
});

test('no bits but those of a page of its own that is not dirty prove that it is what it was', () => {
  const proven = [...softDirtyVerdicts(false).entries()].filter(([, verdict]) => verdict === VERDICT.same);
  for (const [bits] of proven) {
    expect(bits & SOFT_DIRTY).toBe(0);
    expect(bits & bitsOf('Fgu')).toBe(0);
    expect(bits & bitsOf('PS')).not.toBe(0);
    expect(bits & bitsOf('S') || bits & bitsOf('x')).not.toBe(0);
  }
});

/** A pagemap with these entries from page 100 on. */
function pagemapOf(entries: readonly string[]): Pagemap {
  const scan = (startVpn: number, endVpn: number, classes: Uint8Array, take: TakeRun): void => {
    for (let vpn = startVpn; vpn < endVpn; vpn++) {
      const found = classes[bitsOf(entries[vpn - 100] ?? '')] ?? 0;
      if (found !== 0) take(found, vpn, 1);
    }
  };
  // trackers only scan
  return { scan } as unknown as Pagemap;
}

function runs(...pages: readonly [vpn: number, nrPages: number][]): PageRuns {
  const builder = new PageRunsBuilder();
  for (const [vpn, nrPages] of pages) builder.add(vpn, nrPages, vpn * 4096);
  return builder.take();
}

function vmaOf(pages: PageRuns, vm_flags = 0n): Vma {
  const bounds = { vm_start: 100n << 12n, vm_end: 200n << 12n, vm_page_prot: 0n, vm_pgoff: 100n };
  return { ...bounds, vm_flags, kind: 'anon', name: undefined, pages };
}

function judged(tracker: ChangeTracker, vma: Vma): [verdict: number, vpn: number][] {
  const found: [number, number][] = [];
  tracker.judge(vma, (verdict, vpn, nrPages) => {
    for (let page = 0; page < nrPages; page++) found.push([verdict, vpn + page]);
  });
  return found;
}

test('only captured pages are judged, each once and ascending', () => {
  const entries = ['Px', 'Pxd', 'P', '', 'Px', 'Pxd', 'Px', 'Px'];
  const found = judged(softDirtyTracker(pagemapOf(entries), false), vmaOf(runs([100, 2], [104, 3])));
  expect(found).toEqual([
    [VERDICT.same, 100],
    [VERDICT.own, 101],
    [VERDICT.same, 104],
    [VERDICT.own, 105],
    [VERDICT.same, 106],
  ]);
});

test.each([
  ['shared memory', VM_FLAGS.SHARED | VM_FLAGS.MAYSHARE],
  ['huge pages', VM_FLAGS.HUGETLB],
])('of %s the bits are not believed', (_what, flags) => {
  const tracker = softDirtyTracker(pagemapOf(['Px', 'Px', 'Pxd']), false);
  const verdicts = judged(tracker, vmaOf(runs([100, 3]), flags)).map(([verdict]) => verdict);
  expect(verdicts).toEqual([VERDICT.compare, VERDICT.compare, VERDICT.compare]);
});

test('by digest every page is compared, without tracking every page is taken', () => {
  const vma = vmaOf(runs([100, 2], [150, 1]));
  expect(judged(DIGEST_TRACKER, vma).every(([verdict]) => verdict === VERDICT.compare)).toBe(true);
  expect(judged(NO_TRACKER, vma).every(([verdict]) => verdict === VERDICT.own)).toBe(true);
});

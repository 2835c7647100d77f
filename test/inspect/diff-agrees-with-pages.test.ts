import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { diffImages } from '../../src/inspect/diff.js';
import type { VmaDiff } from '../../src/inspect/diff.js';
import { PAGE_STATES } from '../../src/inspect/page-states.js';
import type { PageState, PageStateRuns } from '../../src/inspect/page-states.js';
import type { Segment } from '../../src/inspect/vma-segment.js';
import { PAGE_BYTES, vpnOf } from '../../src/format/model/page.js';
import type { Image, Vma } from '../../src/format/model/image.js';
import { anySpace, seeded } from './arbitrary-space.js';
import { imageOf } from './sample-image.js';

type Page = Uint8Array | 'zero' | 'backing' | 'unmapped';

/** What is at a page, found one page at a time. */
async function pageAt(image: Image, vma: Vma | undefined, vpn: number): Promise<Page> {
  if (vma === undefined) return 'unmapped';
  const { pages } = vma;
  for (let i = 0; i < pages.count; i++) {
    const index = vpn - (pages.vpn[i] ?? 0);
    if (index < 0 || index >= (pages.nrPages[i] ?? 0)) continue;
    const bytes = new Uint8Array(PAGE_BYTES);
    await image.contents.read((pages.offset[i] ?? 0) + index * PAGE_BYTES, bytes);
    return bytes;
  }
  return ['anon', 'heap', 'stack'].includes(vma.kind) ? 'zero' : 'backing';
}

function slowState(before: Page, after: Page): PageState | undefined {
  if (typeof before === 'string' && typeof after === 'string') return undefined;
  const zeros = new Uint8Array(PAGE_BYTES);
  const [a, b] = [before === 'zero' ? zeros : before, after === 'zero' ? zeros : after];
  const isSame = a instanceof Uint8Array && b instanceof Uint8Array && a.every((byte, i) => byte === b[i]);
  if (isSame) return 'same';
  if (typeof before === 'string') return 'added';
  return typeof after === 'string' ? 'removed' : 'changed';
}

function listStates(runs: PageStateRuns): [number, PageState | undefined][] {
  const all: [number, PageState | undefined][] = [];
  for (let i = 0; i < runs.count; i++) {
    for (let n = 0; n < (runs.nrPages[i] ?? 0); n++) {
      all.push([(runs.vpn[i] ?? 0) + n, PAGE_STATES[runs.state[i] ?? -1]]);
    }
  }
  return all;
}

async function slowStates(a: Image, b: Image, segments: readonly Segment[]): Promise<[number, PageState][]> {
  const all: [number, PageState][] = [];
  for (const { before, after, vpn, nrPages, shiftPages } of segments) {
    for (let at = vpn; at < vpn + nrPages; at++) {
      const state = slowState(await pageAt(a, before, at - shiftPages), await pageAt(b, after, at));
      if (state !== undefined) all.push([at, state]);
    }
  }
  return all;
}

function pagesOf(vma: Vma, into: string[]): void {
  for (let vpn = vpnOf(vma.vm_start); vpn < vpnOf(vma.vm_end); vpn++) into.push(`${String(vpn)} ${vma.kind}`);
}

/** Every page that the segments speak of, once for each time. */
function pagesInSegments(vmas: readonly VmaDiff[], side: 'before' | 'after'): string[] {
  return vmas.flatMap(({ segments }) =>
    segments.flatMap((segment) => {
      const vma = segment[side];
      if (vma === undefined) return [];
      const first = segment.vpn - (side === 'before' ? segment.shiftPages : 0);
      return Array.from({ length: segment.nrPages }, (_, n) => `${String(first + n)} ${vma.kind}`);
    }),
  );
}

test('page states equal those found one page at a time, and every page of both images is looked at once', async () => {
  await fc.assert(
    fc.asyncProperty(anySpace, anySpace, async (spaceA, spaceB) => {
      const [a, b] = [imageOf(spaceA), imageOf(spaceB)];
      const diff = await diffImages(a, b);
      const vmas = diff.tasks.flatMap((task) => task.vmas);
      const sums = { same: 0, changed: 0, added: 0, removed: 0 };
      for (const vma of vmas) {
        const expected = await slowStates(a, b, vma.segments);
        expect(listStates(vma.runs)).toEqual(expected);
        for (const [, state] of expected) sums[state]++;
      }
      expect(diff.pages).toEqual(sums);
      for (const [side, image] of [['before', a] as const, ['after', b] as const]) {
        const all: string[] = [];
        for (const vma of image.tasks[0]?.mm?.vmas ?? []) pagesOf(vma, all);
        expect(pagesInSegments(vmas, side).toSorted()).toEqual(all.toSorted());
      }
    }),
    seeded(500),
  );
});

test('pages at one address are compared wherever both images map the same object there', async () => {
  await fc.assert(
    fc.asyncProperty(anySpace, anySpace, async (spaceA, spaceB) => {
      const anonymous = (space: typeof spaceA): typeof spaceA =>
        space.map(({ name: _, ...vma }) => ({ ...vma, kind: 'anon' }));
      const [a, b] = [imageOf(anonymous(spaceA)), imageOf(anonymous(spaceB))];
      const diff = await diffImages(a, b);
      const [vmasA, vmasB] = [a.tasks[0]?.mm?.vmas ?? [], b.tasks[0]?.mm?.vmas ?? []];
      const isMoved = (vma: Vma): boolean =>
        diff.tasks[0]?.vmas.some(
          (each) => each.changes.includes('moved') && (each.before === vma || each.after === vma),
        ) === true;
      const at = (vmas: readonly Vma[], vpn: number): Vma | undefined =>
        vmas.find((vma) => vpnOf(vma.vm_start) <= vpn && vpn < vpnOf(vma.vm_end) && !isMoved(vma));
      const expected: [number, PageState][] = [];
      for (let vpn = 0x100; vpn < 0x140; vpn++) {
        const state = slowState(await pageAt(a, at(vmasA, vpn), vpn), await pageAt(b, at(vmasB, vpn), vpn));
        if (state !== undefined) expected.push([vpn, state]);
      }
      const still = (diff.tasks[0]?.vmas ?? []).filter(({ changes }) => !changes.includes('moved'));
      const found = still.flatMap(({ runs }) => listStates(runs)).toSorted(([x], [y]) => x - y);
      expect(found).toEqual(expected);
    }),
    seeded(300),
  );
});

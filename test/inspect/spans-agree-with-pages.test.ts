import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Vma } from '../../src/format/model/image.js';
import { PAGE_BYTES } from '../../src/format/model/page.js';
import { NOT_HELD } from '../../src/inspect/page-compare.js';
import { planSpans } from '../../src/inspect/page-spans.js';
import type { PageSpans } from '../../src/inspect/page-spans.js';
import type { Segment } from '../../src/inspect/vma-segment.js';
import { relateVmas } from '../../src/inspect/vma-relation.js';
import { anySpace, seeded } from './arbitrary-space.js';
import { imageOf } from './sample-image.js';

/** One page: group, page number, where it lies on either side, whether it stands against zeros. */
type PageFact = readonly [group: number, vpn: number, before: number, after: number, isAgainstZero: number];

function slowOffset(vma: Vma | undefined, vpn: number): number {
  if (vma === undefined) return NOT_HELD;
  const { pages } = vma;
  for (let i = 0; i < pages.count; i++) {
    for (let n = 0; n < (pages.nrPages[i] ?? 0); n++) {
      if ((pages.vpn[i] ?? 0) + n === vpn) return (pages.offset[i] ?? 0) + n * PAGE_BYTES;
    }
  }
  return NOT_HELD;
}

function slowFacts(groups: readonly (readonly Segment[])[]): PageFact[] {
  const facts: PageFact[] = [];
  const isZero = (vma: Vma | undefined): boolean => vma?.kind === 'anon' || vma?.kind === 'heap';
  groups.forEach((segments, group) => {
    for (const { before, after, vpn, nrPages, shiftPages } of segments) {
      for (let at = vpn; at < vpn + nrPages; at++) {
        const [a, b] = [slowOffset(before, at - shiftPages), slowOffset(after, at)];
        if (a === NOT_HELD && b === NOT_HELD) continue;
        const isAgainstZero = (a === NOT_HELD && isZero(before)) || (b === NOT_HELD && isZero(after));
        facts.push([group, at, a, b, isAgainstZero ? 1 : 0]);
      }
    }
  });
  return facts;
}

function factsOf(spans: PageSpans): PageFact[] {
  const facts: PageFact[] = [];
  const behind = (offset: number, n: number): number => (offset === NOT_HELD ? offset : offset + n * PAGE_BYTES);
  for (let i = 0; i < spans.count; i++) {
    for (let n = 0; n < (spans.nrPages[i] ?? 0); n++) {
      const [before, after] = [behind(spans.beforeOffset[i] ?? 0, n), behind(spans.afterOffset[i] ?? 0, n)];
      facts.push([spans.group[i] ?? 0, (spans.vpn[i] ?? 0) + n, before, after, spans.isAgainstZero[i] ?? 0]);
    }
  }
  return facts;
}

test('spans hold exactly the pages that a search page by page finds', () => {
  fc.assert(
    fc.property(anySpace, anySpace, (spaceA, spaceB) => {
      const [a, b] = [imageOf(spaceA), imageOf(spaceB)];
      const relations = relateVmas(a.tasks[0]?.mm?.vmas ?? [], b.tasks[0]?.mm?.vmas ?? []);
      const groups = relations.map(({ segments }) => segments);
      expect(factsOf(planSpans(groups))).toEqual(slowFacts(groups));
    }),
    seeded(500),
  );
});

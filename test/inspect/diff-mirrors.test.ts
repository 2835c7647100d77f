import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { diffImages } from '../../src/inspect/diff.js';
import type { ImageDiff } from '../../src/inspect/diff.js';
import type { VmaChange } from '../../src/inspect/vma-relation.js';
import { anySpace, seeded } from './arbitrary-space.js';
import { imageOf } from './sample-image.js';

const OPPOSITES: Partial<Record<VmaChange, VmaChange>> = {
  added: 'removed',
  removed: 'added',
  grown: 'shrunk',
  shrunk: 'grown',
  split: 'merged',
  merged: 'split',
};

/** Each mapping's changes with its range on either side, in an order that does not depend on the direction. */
function changesOf(diff: ImageDiff, isMirrored: boolean): string[] {
  const lines = diff.tasks.flatMap(({ vmas }) =>
    vmas.map(({ before, after, changes }) => {
      const [a, b] = isMirrored ? [after, before] : [before, after];
      const named = changes.map((change) => (isMirrored ? (OPPOSITES[change] ?? change) : change)).toSorted();
      return `${String(a?.vm_start)}-${String(a?.vm_end)} ${String(b?.vm_start)}-${String(b?.vm_end)} ${named.join()}`;
    }),
  );
  return lines.toSorted();
}

test('an image does not differ from itself', async () => {
  await fc.assert(
    fc.asyncProperty(anySpace, async (space) => {
      const diff = await diffImages(imageOf(space), imageOf(space));
      const held = space.reduce((sum, vma) => sum + (vma.pages?.length ?? 0), 0);
      expect(diff.isDifferent).toBe(false);
      expect(diff.pages).toEqual({ same: held, changed: 0, added: 0, removed: 0 });
    }),
    seeded(200),
  );
});

test('a comparison the other way round says the opposite', async () => {
  await fc.assert(
    fc.asyncProperty(anySpace, anySpace, async (spaceA, spaceB) => {
      const [there, back] = [
        await diffImages(imageOf(spaceA), imageOf(spaceB)),
        await diffImages(imageOf(spaceB), imageOf(spaceA)),
      ];
      const { added, removed, ...rest } = there.pages;
      expect(back.pages).toEqual({ ...rest, added: removed, removed: added });
      expect(back.isDifferent).toBe(there.isDifferent);
      expect(changesOf(back, true)).toEqual(changesOf(there, false));
    }),
    seeded(500),
  );
});

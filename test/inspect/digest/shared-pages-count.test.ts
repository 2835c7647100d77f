import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemorySource } from '../../../src/format/bytes/memory.js';
import { WRITABLE } from '../../../src/format/ckpt/tables/revision.js';
import type { Image } from '../../../src/format/model/image.js';
import { PAGE_BYTES } from '../../../src/format/model/page.js';
import type { PageRuns } from '../../../src/format/model/page-runs.js';
import { compareDigests } from '../../../src/inspect/digest/compare.js';
import { digestImage } from '../../../src/inspect/digest/digest.js';
import { sharedMemoryIn } from '../../../src/inspect/shared-memory.js';
import { anyCkptImage } from '../../support/arbitrary-ckpt-image.js';
import { pool } from '../../support/arbitrary-image.js';
import { runs } from '../../support/seed.js';

function holds({ count, nrPages, offset }: PageRuns, at: number): boolean {
  for (let run = 0; run < count; run++) {
    const start = offset[run] ?? 0;
    if (at >= start && at < start + (nrPages[run] ?? 0) * PAGE_BYTES) return true;
  }
  return false;
}

/** Whether any page of the image lies there: of a mapping, or of shared memory, shown or not. */
function isUsed(image: Image, at: number): boolean {
  const vmas = image.tasks.flatMap(({ mm }) => mm?.vmas ?? []);
  return [...vmas, ...sharedMemoryIn(image).keys()].some(({ pages }) => holds(pages, at));
}

const REVISIONS = [...new Set(Object.values(WRITABLE))].map((one) => [one.name, one] as const);

describe('a byte of contents', () => {
  test.each(REVISIONS)('of %s changes the digest exactly if the image holds it', async (_, revision) => {
    await fc.assert(
      fc.asyncProperty(anyCkptImage(revision), fc.nat(pool.length - 1), async (image, at) => {
        const bytes = pool.slice();
        bytes[at] = (bytes[at] ?? 0) ^ 1;
        const [before, after] = [
          await digestImage(image),
          await digestImage({ ...image, contents: new MemorySource(bytes) }),
        ];
        expect(after.pages !== before.pages).toBe(isUsed(image, at));
        expect(after.structure).toBe(before.structure);
        const parts = compareDigests(before, after).map(({ part }) => part);
        expect(parts.length > 0).toBe(isUsed(image, at));
        expect(parts.filter((part) => part !== 'pages' && part !== 'hidden')).toEqual([]);
      }),
      runs(15),
    );
  });
});

describe('two digests', () => {
  test('differ in the part that was changed', async () => {
    const [, revision] = REVISIONS.at(-1) ?? [];
    if (!revision) throw new Error('no revision');
    await fc.assert(
      fc.asyncProperty(anyCkptImage(revision), async (image) => {
        const digest = await digestImage(image);
        const [first, ...others] = image.tasks;
        const partsOf = async (other: Partial<Image>): Promise<unknown> =>
          compareDigests(digest, await digestImage({ ...image, ...other }));
        if (!first?.mm) throw new Error('the first task has memory');
        const { pid } = first;
        const header = { ...image.header, uname: { ...image.header.uname, release: 'other' } };
        expect(await partsOf({ header })).toEqual([{ part: 'header' }]);
        const tasks = [{ ...first, exitCode: first.exitCode + 1 }, ...others];
        expect(await partsOf({ tasks })).toEqual([{ part: 'task', pid, presence: 'both' }]);
        const bare = { ...first, pid: 999_999, mm: undefined, files: [] };
        const more = await digestImage({ ...image, tasks: [...image.tasks, bare] });
        expect(compareDigests(digest, more)).toEqual([{ part: 'task', pid: 999_999, presence: 'added' }]);
        expect(compareDigests(more, digest)).toEqual([{ part: 'task', pid: 999_999, presence: 'removed' }]);
        expect(compareDigests(digest, digest)).toEqual([]);
      }),
      runs(10),
    );
  });
});

import * as fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readStrictly } from '../support/truth.js';

const GOLDEN = fileURLToPath(new URL('../../fixtures/golden/', import.meta.url));

type GoldenPage = readonly [vaddr: number, fileOffset: number, sha256: string];

interface Golden {
  readonly mms: readonly {
    readonly vmas: readonly {
      readonly start: number;
      readonly end: number;
      readonly flags: number;
      readonly pgoff: number;
      readonly file: string | null;
      readonly pages: readonly GoldenPage[];
    }[];
  }[];
}

test.each(['tiny-v11', 'D2-v11-x86_64'])('the second reader finds in %s what its description says', async (name) => {
  // the golden descriptions have this shape; see fixtures/golden/README.md
  const golden = JSON.parse(fs.readFileSync(`${GOLDEN}${name}.json`, 'utf8')) as Golden;
  const tasks = await readStrictly(`${GOLDEN}${name}.img`, '--any-padding');
  const found = tasks.map((task) =>
    task.vmas.map(({ start, end, flags, pgoff, name: file, pages }) => ({ start, end, flags, pgoff, file, pages })),
  );
  const expected = golden.mms.map((mm) =>
    mm.vmas.map(({ start, end, flags, pgoff, file, pages }) => ({
      start,
      end,
      flags,
      pgoff,
      file,
      pages: pages.map((page) => [page[0], page[2]]),
    })),
  );
  expect(found).toEqual(expected);
});

test.each(['trunc-930', 'head-magic', 'negative-len', 'vma-overlap', 'vaddr-outside', 'order-mm-before-comm'])(
  'the second reader refuses the damaged image %s',
  async (name) => {
    await expect(readStrictly(`${GOLDEN}bad/${name}.img`, '--any-padding')).rejects.toThrow(/offset/);
  },
);

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemorySource } from '../../src/format/bytes/memory.js';
import { WRITABLE } from '../../src/format/ckpt/tables/revision.js';
import type { Image } from '../../src/format/model/image.js';
import { readImage, writerOf } from '../../src/format/registry.js';
import { anyImage } from '../support/arbitrary-image.js';
import { comparable, writeAs } from '../support/comparable-image.js';
import { goldenBytes, goldenNames } from '../support/golden.js';
import { runs } from '../support/seed.js';

async function throughAndBack(image: Image, through: string, revision: string): Promise<void> {
  const there = writerOf(through).held(image).losses;
  const between = await readImage(new MemorySource(await writeAs(image, through)));
  const back = writerOf(revision).held(between).losses;
  const read = await readImage(new MemorySource(await writeAs(between, revision)));
  // a huge mapping has become another on the way there, which was told
  const isTold = (path: string): boolean => there.length > 0 && path.endsWith('.kind');
  expect(back.filter(({ path }) => !isTold(path))).toEqual([]);
  if (there.length > 0) return;
  expect(await comparable(read)).toEqual(await comparable(image));
}

function isOfWord(through: string, { format }: Image): boolean {
  return WRITABLE[through]?.archIds[format.wordBytes === 8 ? 'X86_64' : 'X86_32'] !== undefined;
}

describe.each(Object.keys(WRITABLE))('through %s and back nothing is lost, and nothing is said to be', (through) => {
  test.each(goldenNames())('%s', async (name) => {
    const image = await readImage(new MemorySource(goldenBytes(name)));
    if (!isOfWord(through, image)) return;
    await throughAndBack(image, through, image.format.revision);
  });

  test.each(['v8', 'v9', 'v11'])('images of %s', async (revision) => {
    await fc.assert(
      fc.asyncProperty(fc.noShrink(anyImage(3)), async (any) => {
        const image = await readImage(new MemorySource(await writeAs(any, revision)));
        if (isOfWord(through, image)) await throughAndBack(image, through, revision);
      }),
      runs(8),
    );
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { convertImage } from '../../src/convert/convert.js';
import { MemorySink, MemorySource } from '../../src/format/bytes/memory.js';
import type { Image } from '../../src/format/model/image.js';
import { WRITER_NAMES, readImage } from '../../src/format/registry.js';
import { diffImages } from '../../src/inspect/diff.js';
import { anyImage } from '../support/arbitrary-image.js';
import { goldenBytes, goldenNames } from '../support/golden.js';
import { runs } from '../support/seed.js';

interface Converted {
  readonly image: Image;
  readonly isWhole: boolean;
}

async function convert(image: Image, to: string): Promise<Converted> {
  const sink = new MemorySink();
  const { losses } = await convertImage(image, sink, { to });
  return { image: await readImage(new MemorySource(sink.bytes())), isWhole: losses.length === 0 };
}

test.each(WRITER_NAMES)('an image does not differ from itself as %s, as far as nothing was lost', async (to) => {
  await fc.assert(
    fc.asyncProperty(anyImage(4), async (arbitrary) => {
      const { image } = await convert(arbitrary, 'v11');
      const converted = await convert(image, to);
      if (!converted.isWhole) return;
      const diff = await diffImages(image, converted.image);
      expect(diff.header).toEqual([]);
      expect(diff.isDifferent).toBe(false);
    }),
    runs(20),
  );
});

test.each(goldenNames())('%s is the same as v9, v11 and v13', async (name) => {
  const image = await readImage(new MemorySource(goldenBytes(name)));
  for (const to of ['v9', 'v11', 'v13']) {
    const converted = await convert(image, to);
    expect(converted.isWhole).toBe(true);
    expect((await diffImages(image, converted.image)).isDifferent).toBe(false);
  }
});

test('a word size that differs is a difference', async () => {
  const image = await readImage(new MemorySource(goldenBytes('D2-v11-x86_64')));
  const narrow: Image = { ...image, format: { ...image.format, wordBytes: 4 } };
  const diff = await diffImages(image, narrow);
  expect(diff.header).toEqual([{ name: 'wordBytes', before: 8, after: 4 }]);
  expect(diff.isDifferent).toBe(true);
});

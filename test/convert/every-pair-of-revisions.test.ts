import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { convertImage } from '../../src/convert/convert.js';
import { MemorySink, MemorySource } from '../../src/format/bytes/memory.js';
import { WRITABLE as WRITABLE_CKPT } from '../../src/format/ckpt/tables/revision.js';
import { WRITABLE as WRITABLE_CR } from '../../src/format/cr/tables/revision.js';
import type { Image } from '../../src/format/model/image.js';
import { readImage, writerFor } from '../../src/format/registry.js';
import { anyCkptImage } from '../support/arbitrary-ckpt-image.js';
import { anyImage } from '../support/arbitrary-image.js';
import { comparableCkpt } from '../support/comparable-ckpt.js';
import { runs } from '../support/seed.js';

const CR = [...new Set(Object.values(WRITABLE_CR))];
const CKPT = [...new Set(Object.values(WRITABLE_CKPT))];
type Revision = (typeof CR)[number] | (typeof CKPT)[number];

async function converted(image: Image, to: Revision): Promise<{ read: Image; losses: number }> {
  const sink = new MemorySink();
  const { losses } = await convertImage(image, sink, { to: writerFor(to) });
  const revisions = { cr: CR.filter((one) => one === to), ckpt: CKPT.filter((one) => one === to) };
  return { read: await readImage(new MemorySource(sink.bytes()), { revisions }), losses: losses.length };
}

/** What is read is what the target holds; what it holds it holds again, without a further loss. */
async function expectKept(image: Image, to: Revision): Promise<Image> {
  const { read, losses } = await converted(image, to);
  const held = writerFor(to).held(image);
  expect(losses).toBe(held.losses.length);
  expect(await comparableCkpt(read)).toEqual(await comparableCkpt(held.image));
  expect(writerFor(to).held(read).losses).toEqual([]);
  return read;
}

const pairs = (from: readonly Revision[], to: readonly Revision[]): [string, string, Revision, Revision][] =>
  from.flatMap((a) => to.map((b): [string, string, Revision, Revision] => [a.name, b.name, a, b]));

describe('what both hold is kept, and the rest is named', () => {
  test.each(pairs(CKPT, CR))('%s to %s', async (_from, _to, from, to) => {
    const images = anyCkptImage(from as (typeof CKPT)[number]);
    await fc.assert(
      fc.asyncProperty(images, async (image) => {
        await expectKept(image, to);
      }),
      runs(6),
    );
  });

  test.each(pairs(CR, CKPT))(
    '%s to %s, and back it is the same but for registers without a code',
    async (_f, _t, from, to) => {
      await fc.assert(
        fc.asyncProperty(anyImage(3), async (image) => {
          const { read: first } = await converted(image, from);
          const there = await expectKept(first, to);
          const { read: back } = await converted(there, from);
          const isWhole = writerFor(to).held(first).losses.length === 0;
          const [was, is] = [await comparableCkpt(first), await comparableCkpt(back)];
          if (isWhole) expect(is).toEqual(was);
          else expect(back.tasks.map(({ pid }) => pid)).toEqual(first.tasks.map(({ pid }) => pid));
        }),
        runs(6),
      );
    },
  );
});

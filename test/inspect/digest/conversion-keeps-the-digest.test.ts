import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { convertImage } from '../../../src/convert/convert.js';
import { MemorySink, MemorySource } from '../../../src/format/bytes/memory.js';
import { WRITABLE as WRITABLE_CKPT } from '../../../src/format/ckpt/tables/revision.js';
import { WRITABLE as WRITABLE_CR } from '../../../src/format/cr/tables/revision.js';
import type { Image } from '../../../src/format/model/image.js';
import { readImage, writerFor } from '../../../src/format/registry.js';
import { digestImage } from '../../../src/inspect/digest/digest.js';
import { anyCkptImage } from '../../support/arbitrary-ckpt-image.js';
import { anyImage } from '../../support/arbitrary-image.js';
import { runs } from '../../support/seed.js';

const CR = [...new Set(Object.values(WRITABLE_CR))];
const CKPT = [...new Set(Object.values(WRITABLE_CKPT))];
type Revision = (typeof CR)[number] | (typeof CKPT)[number];

async function converted(image: Image, to: Revision): Promise<{ read: Image; isWhole: boolean }> {
  const sink = new MemorySink();
  const { losses } = await convertImage(image, sink, { to: writerFor(to) });
  const revisions = { cr: CR.filter((one) => one === to), ckpt: CKPT.filter((one) => one === to) };
  return { read: await readImage(new MemorySource(sink.bytes()), { revisions }), isWhole: losses.length === 0 };
}

async function idOf(image: Image): Promise<string> {
  return (await digestImage(image)).id;
}

/** All parts, which say where two differ. */
async function expectKept(image: Image, to: Revision): Promise<Image> {
  const { read, isWhole } = await converted(image, to);
  const digest = await digestImage(read);
  expect(digest).toEqual(await digestImage(writerFor(to).held(image).image));
  if (isWhole) expect(digest).toEqual(await digestImage(image));
  return read;
}

/** Images that were read as a stream of the revision. */
function imagesOf(revision: Revision): fc.Arbitrary<Image> {
  const ckpt = CKPT.find((one) => one === revision);
  return ckpt ? anyCkptImage(ckpt) : anyImage(3);
}

const ALL = [...CR, ...CKPT];
const PAIRS = ALL.flatMap((from) => ALL.map((to) => [from.name, to.name, from, to] as const));

describe('what is lost without a word changes no digest, and nothing is', () => {
  test.each(PAIRS)('%s to %s', async (_from, _to, from, to) => {
    await fc.assert(
      fc.asyncProperty(imagesOf(from), async (image) => {
        const { read } = await converted(image, from);
        const there = await expectKept(read, to);
        // what went there whole is whole when it comes back
        const isWhole = (await idOf(there)) === (await idOf(read));
        if (isWhole) await expectKept(there, from);
      }),
      runs(4),
    );
  });
});

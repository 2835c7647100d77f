import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { convertImage } from '../../../src/convert/convert.js';
import { MemorySink, MemorySource } from '../../../src/format/bytes/memory.js';
import { WRITABLE as WRITABLE_CKPT } from '../../../src/format/ckpt/tables/revision.js';
import { WRITABLE as WRITABLE_CR } from '../../../src/format/cr/tables/revision.js';
import type { Image, Loss } from '../../../src/format/model/image.js';
import { readImage, writerFor } from '../../../src/format/registry.js';
import { digestImage, type ImageDigest } from '../../../src/inspect/digest/digest.js';
import { anyCkptImage } from '../../support/arbitrary-ckpt-image.js';
import { anyImage } from '../../support/arbitrary-image.js';
import { runs } from '../../support/seed.js';

const CR = [...new Set(Object.values(WRITABLE_CR))];
const CKPT = [...new Set(Object.values(WRITABLE_CKPT))];
type Revision = (typeof CR)[number] | (typeof CKPT)[number];

async function converted(image: Image, to: Revision): Promise<{ read: Image; losses: readonly Loss[] }> {
  const sink = new MemorySink();
  const { losses } = await convertImage(image, sink, { to: writerFor(to) });
  const revisions = { cr: CR.filter((one) => one === to), ckpt: CKPT.filter((one) => one === to) };
  return { read: await readImage(new MemorySource(sink.bytes()), { revisions }), losses };
}

interface Step {
  readonly read: Image;
  readonly digest: ImageDigest;
  readonly losses: readonly Loss[];
}

/** Converts and compares all parts of the digests, which say where two differ. */
async function expectKept(image: Image, to: Revision): Promise<Step> {
  const { read, losses } = await converted(image, to);
  const digest = await digestImage(read);
  expect(digest).toEqual(await digestImage(writerFor(to).held(image).image));
  if (losses.length === 0) expect(digest).toEqual(await digestImage(image));
  return { read, digest, losses };
}

/** Images that were read as a stream of the revision. */
function imagesOf(revision: Revision): fc.Arbitrary<Image> {
  const ckpt = CKPT.find((one) => one === revision);
  return ckpt ? anyCkptImage(ckpt) : anyImage(3);
}

const ALL = [...CR, ...CKPT];
const PAIRS = ALL.flatMap((from) => ALL.map((to) => [from.name, to.name, from, to] as const));

describe('an empty list of losses is an equal digest, and what is held has the digest of what is read', () => {
  test.each(PAIRS)('%s to %s', async (_from, _to, from, to) => {
    await fc.assert(
      fc.asyncProperty(imagesOf(from), async (image) => {
        const first = await expectKept(image, from);
        const there = await expectKept(first.read, to);
        // once there is only what both hold, nothing is lost any more
        const back = await expectKept(there.read, from);
        const again = await expectKept(back.read, to);
        expect(again.losses).toEqual([]);
      }),
      runs(1),
    );
  });
});

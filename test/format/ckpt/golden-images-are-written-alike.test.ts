import { expect, test } from 'vitest';
import { MemorySource } from '../../../src/format/bytes/memory.js';
import { heldByCkpt } from '../../../src/format/ckpt/write/held.js';
import { WRITABLE } from '../../../src/format/ckpt/tables/revision.js';
import { readImage } from '../../../src/format/registry.js';
import { comparableCkpt } from '../../support/comparable-ckpt.js';
import { writeAs } from '../../support/comparable-image.js';
import { goldenBytes, goldenNames } from '../../support/golden.js';

const NAMES = goldenNames('ckpt');

test.each(NAMES)('%s, read and written in its own revision, is the same model, and nothing is lost', async (name) => {
  const image = await readImage(new MemorySource(goldenBytes(name)));
  const { revision } = image.format;
  const target = WRITABLE[revision];
  if (!target) throw new Error(`${revision} is not written`);
  expect(heldByCkpt(image, target).losses).toEqual([]);
  const again = await readImage(new MemorySource(await writeAs(image, revision)));
  expect(again.format.revision).toBe(revision);
  expect(await comparableCkpt(again)).toEqual(await comparableCkpt(image));
});

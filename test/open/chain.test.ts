import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { convertImage } from '../../src/convert/convert.js';
import { MemorySink, MemorySource } from '../../src/format/bytes/memory.js';
import { V23 } from '../../src/format/ckpt/tables/revisions-2010.js';
import type { FormatError } from '../../src/format/errors.js';
import type { Image } from '../../src/format/model/image.js';
import { readImage, writerOf } from '../../src/format/registry.js';
import { digestImage } from '../../src/inspect/digest/digest.js';
import { openChain } from '../../src/open/chain.js';
import { anyCkptImage } from '../support/arbitrary-ckpt-image.js';
import { anyImage } from '../support/arbitrary-image.js';
import { comparableCkpt } from '../support/comparable-ckpt.js';
import { comparable } from '../support/comparable-image.js';
import { memoryFile, writeChain, type Files } from '../support/memory-chain.js';
import { runs } from '../support/seed.js';
import { splitImage } from '../support/split-image.js';

const split = fc.record({ count: fc.integer({ min: 1, max: 5 }), seed: fc.nat() });

async function written(image: Image, revision: string): Promise<Image> {
  const sink = new MemorySink();
  await convertImage(image, sink, { to: revision });
  return readImage(new MemorySource(sink.bytes()));
}

/** A chain of an arbitrary image in v11, and the image. */
async function sample(count: number): Promise<{ readonly files: Files; readonly last: string; readonly image: Image }> {
  const [image] = fc.sample(anyImage(4), { numRuns: 1, seed: 17 });
  if (!image) throw new Error('the generator gave no image');
  const files: Files = new Map();
  return { files, last: await writeChain(splitImage(image, count, 5), 'v11', files), image };
}

/** A chain knows a process by its number. */
function hasOwnPids({ tasks }: Image): boolean {
  return new Set(tasks.map(({ pid }) => pid)).size === tasks.length;
}

describe('an image that is split into a chain is read through the chain as it was', () => {
  test('v11', async () => {
    await fc.assert(
      fc.asyncProperty(anyImage().filter(hasOwnPids), split, async (image, { count, seed }) => {
        const files: Files = new Map();
        const last = await writeChain(splitImage(image, count, seed), 'v11', files);
        const chain = await openChain(memoryFile(files, last));
        expect(await comparable(chain)).toEqual(await comparable(await written(image, 'v11')));
        expect(chain.layers?.map(({ name }) => name)).toEqual(count > 1 ? [...files.keys()].reverse() : undefined);
      }),
      runs(60),
    );
  });

  test('v23, with shared memory and segments', async () => {
    await fc.assert(
      fc.asyncProperty(anyCkptImage(V23).filter(hasOwnPids), split, async (image, { count, seed }) => {
        const files: Files = new Map();
        // with the numbers that objects have once they are written
        const whole = await written(writerOf('v23').held(image).image, 'v23');
        const last = await writeChain(splitImage(whole, count, seed), 'v23', files);
        const chain = await openChain(memoryFile(files, last));
        expect(await comparableCkpt(chain)).toEqual(await comparableCkpt(whole));
      }),
      runs(40),
    );
  });

  test('and what is written of that has the digest of the image', async () => {
    const { files, last, image } = await sample(4);
    const chain = await openChain(memoryFile(files, last));
    const squashed = await written(chain, 'v11');
    expect(squashed.parent).toBeUndefined();
    const [a, b] = [await digestImage(squashed), await digestImage(await written(image, 'v11'))];
    expect(a.id).toEqual(b.id);
  });
});

describe('a chain that is broken', () => {
  const open = async (files: Files, last: string): Promise<unknown> => openChain(memoryFile(files, last));

  test('names the parent that is not there, and gives the pages that are', async () => {
    const { files, last } = await sample(3);
    files.delete('0.img');
    await expect(open(files, last)).rejects.toMatchObject({ code: 'PARENT_MISSING', path: 'parent' });
    const told: FormatError[] = [];
    const part = await openChain(memoryFile(files, last), { onMissingParent: (error) => told.push(error) });
    expect(told.map(({ code, message }) => [code, message.includes('0.img'), message.includes('1.img')])).toEqual([
      ['PARENT_MISSING', true, true],
    ]);
    const vmas = part.tasks.flatMap(({ mm }) => mm?.vmas ?? []);
    expect(vmas.some(({ parentPages }) => parentPages)).toBe(true);
    expect(vmas.some(({ pages }) => pages.totalPages > 0)).toBe(true);
    expect(part.layers?.map(({ name }) => name)).toEqual(['2.img', '1.img']);
  });

  test('names the parent that is another image now', async () => {
    const { files, last } = await sample(3);
    const other = await sample(2);
    files.set('0.img', other.files.get('0.img') ?? new Uint8Array(0));
    await expect(open(files, last)).rejects.toMatchObject({ code: 'PARENT_CHANGED' });
  });

  test('names the parent that lost its index', async () => {
    const { files, last } = await sample(2);
    files.set('0.img', (files.get('0.img') ?? new Uint8Array(0)).slice(0, -8));
    await expect(open(files, last)).rejects.toMatchObject({ code: 'PARENT_CHANGED' });
  });

  test('names the parent that is damaged', async () => {
    const { files, last } = await sample(2);
    const bytes = Uint8Array.from(files.get('0.img') ?? []);
    bytes[bytes.length - 40] = (bytes[bytes.length - 40] ?? 0) ^ 1;
    files.set('0.img', bytes);
    await expect(open(files, last)).rejects.toMatchObject({ code: 'PARENT_MISSING' });
  });

  test('does not go round in circles', async () => {
    const { files, last } = await sample(3);
    const top = files.get(last);
    if (!top) throw new Error('there is no chain');
    // as a link in a file system would lead there
    const opener = memoryFile(files, last);
    const round = { ...opener, openParent: () => ({ ...memoryFile(files, last), openParent: opener.openParent }) };
    await expect(openChain(round)).rejects.toMatchObject({ code: 'PARENT_LOOP' });
  });

  test('tells when the parent lacks pages that are left to it', async () => {
    const [image] = fc.sample(anyImage(4), { numRuns: 1, seed: 17 });
    if (!image) throw new Error('the generator gave no image');
    const [, child] = splitImage(image, 2, 5);
    const [other] = splitImage(image, 2, 6);
    if (!child || !other) throw new Error('the image was not split');
    const files: Files = new Map();
    const last = await writeChain([other, child], 'v11', files);
    await expect(open(files, last)).rejects.toMatchObject({ code: 'PARENT_LACKS' });
  });

  test('refuses pages of a process whose number several have', async () => {
    const [image] = fc.sample(
      anyImage(4).filter((one) => hasOwnPids(one) && one.tasks.filter(({ mm }) => mm).length > 1),
      { numRuns: 1, seed: 17 },
    );
    if (!image) throw new Error('the generator gave no image');
    // as two tasks in namespaces of their own may be called
    const alike = { ...image, tasks: image.tasks.map((task) => ({ ...task, pid: 7, tgid: 7 })) };
    const files: Files = new Map();
    const last = await writeChain(splitImage(alike, 2, 5), 'v11', files);
    await expect(open(files, last)).rejects.toMatchObject({ code: 'BAD_REFERENCE', path: 'parent' });
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemorySink, MemorySource } from '../../../src/format/bytes/memory.js';
import { heldByCkpt } from '../../../src/format/ckpt/write/held.js';
import { readCkpt } from '../../../src/format/ckpt/read/reader.js';
import { WRITABLE, type CkptRevision } from '../../../src/format/ckpt/tables/revision.js';
import { writeCkpt } from '../../../src/format/ckpt/write/writer.js';
import type { Image, Task } from '../../../src/format/model/image.js';
import { readImage } from '../../../src/format/registry.js';
import { anyCkptImage } from '../../support/arbitrary-ckpt-image.js';
import { anyImage } from '../../support/arbitrary-image.js';
import { comparableCkpt } from '../../support/comparable-ckpt.js';
import { goldenBytes, goldenNames } from '../../support/golden.js';
import { runs } from '../../support/seed.js';

const REVISIONS = [...new Set(Object.values(WRITABLE))];

function holdsWord(revision: CkptRevision, { format }: Image): boolean {
  return revision.archIds[format.wordBytes === 8 ? 'X86_64' : 'X86_32'] !== undefined;
}

async function writtenAndRead(image: Image, revision: CkptRevision): Promise<Image> {
  const sink = new MemorySink();
  await writeCkpt(image, sink, revision);
  return readCkpt(new MemorySource(sink.bytes()), { revisions: [revision] });
}

async function expectHeld(image: Image, revision: CkptRevision): Promise<void> {
  const { image: held, losses } = heldByCkpt(image, revision);
  const read = await writtenAndRead(image, revision);
  const [wanted, actual] = [await comparableCkpt(held), await comparableCkpt(read)];
  expect(actual).toEqual(wanted);
  for (const { what, why, bytes } of losses) {
    expect(what).not.toBe('');
    expect(why.startsWith(`${revision.name} `)).toBe(true);
    expect(bytes).toBeGreaterThanOrEqual(0);
  }
  // what is held is held whole
  expect(heldByCkpt(read, revision).losses).toEqual([]);
  expect(await comparableCkpt(await writtenAndRead(read, revision))).toEqual(actual);
}

describe.each(REVISIONS.map((revision) => [revision.name, revision] as const))('%s', (_, revision) => {
  test.each([...goldenNames(), ...goldenNames('ckpt')])('%s', async (name) => {
    const image = await readImage(new MemorySource(goldenBytes(name)));
    if (!holdsWord(revision, image)) return;
    await expectHeld(image, revision);
  });

  test('images as the cr family has them', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyImage(4).filter((image) => holdsWord(revision, image)),
        (image) => expectHeld(image, revision),
      ),
      runs(25),
    );
  });
});

describe.each(REVISIONS.map((revision) => [revision.name, revision] as const))('from %s', (_, from) => {
  test('an image that it holds whole is the same when it was written and read', async () => {
    await fc.assert(
      fc.asyncProperty(anyCkptImage(from), async (image) => {
        expect(heldByCkpt(image, from).losses).toEqual([]);
        const read = await writtenAndRead(image, from);
        expect(await comparableCkpt(read)).toEqual(await comparableCkpt(image));
      }),
      runs(40),
    );
  });

  test.each(REVISIONS.map((revision) => [revision.name, revision] as const))('to %s', async (_to, to) => {
    await fc.assert(
      fc.asyncProperty(
        anyCkptImage(from).filter((image) => holdsWord(to, image)),
        async (image) => {
          await expectHeld(image, to);
          if (heldByCkpt(image, to).losses.length > 0) return;
          // where nothing was lost the way back gives all of it
          const there = await writtenAndRead(image, to);
          expect(await comparableCkpt(await writtenAndRead(there, from))).toEqual(await comparableCkpt(image));
        },
      ),
      runs(6),
    );
  });
});

test('a reference that lost its object behind damage is written as none, and told', async () => {
  const [image, revision] = [await readImage(new MemorySource(goldenBytes('J3-single-x86_64'))), WRITABLE['v23']];
  if (!revision) throw new Error('no such revision');
  const tasks = image.tasks.map((task): Task => {
    const [first] = task.threads;
    const { fs: _, ...sections } = first.kernel?.sections ?? {};
    return { ...task, threads: [{ ...first, kernel: { nestedPids: [], sections } }] };
  });
  const damaged = { ...image, tasks };
  expect(heldByCkpt(damaged, revision).losses.map(({ what }) => what)).toContain('fs_objref of TASK_OBJS');
  await expectHeld(damaged, revision);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemorySink, MemorySource } from '../../../src/format/bytes/memory.js';
import { WRITABLE } from '../../../src/format/cr/tables/revision.js';
import { convertImage } from '../../../src/convert/convert.js';
import { readImage, writerOf } from '../../../src/format/registry.js';
import { anyImage } from '../../support/arbitrary-image.js';
import { comparable, writeAs } from '../../support/comparable-image.js';
import { runs } from '../../support/seed.js';
import { whatHolds } from '../../support/what-holds.js';

const NAMES = [...new Set(Object.values(WRITABLE))].map(({ name }) => name);
const PAIRS = NAMES.flatMap((from) => NAMES.map((to) => [from, to] as const));

describe.each(PAIRS)('%s to %s', (from, to) => {
  test('keeps what both hold, and names the rest', async () => {
    await fc.assert(
      fc.asyncProperty(anyImage(4), async (image) => {
        const source = await readImage(new MemorySource(await writeAs(image, from)));
        const sink = new MemorySink();
        const { losses } = await convertImage(source, sink, { to });
        const converted = await readImage(new MemorySource(sink.bytes()));
        const wanted = await comparable(whatHolds(whatHolds(image, from), to));
        expect(await comparable(converted)).toEqual(wanted);
        const isWhole = isEqual(wanted, await comparable(source));
        expect(losses.length === 0).toBe(isWhole);
      }),
      runs(20),
    );
  });

  test('and back gives the same image, where the target is the richer one', async () => {
    if (NAMES.indexOf(to) < NAMES.indexOf(from)) return;
    await fc.assert(
      fc.asyncProperty(anyImage(4), async (image) => {
        const first = await writeAs(image, from);
        const there = await readImage(new MemorySource(first));
        const back = await readImage(new MemorySource(await writeAs(there, to)));
        expect(Buffer.compare(await writeAs(back, from), first)).toBe(0);
      }),
      runs(15),
    );
  });
});

/** As `toEqual` sees it: prototypes and the kind of byte array do not matter. */
function isEqual(a: unknown, b: unknown): boolean {
  try {
    expect(a).toEqual(b);
    return true;
  } catch {
    return false;
  }
}

test('everything that a stream of one task leaves out is named', () => {
  const [image] = fc.sample(
    anyImage(2).filter(
      ({ tasks }) => tasks.length === 2 && (tasks[0]?.threads.length ?? 0) > 1 && tasks[0]?.ppid !== 0,
    ),
    { numRuns: 1, seed: 7 },
  );
  if (!image) throw new Error('the generator gave no image');
  const [first] = image.tasks;
  const tids = first?.threads.slice(1).map(({ tid }) => `thread ${String(tid)}`);
  const losses = writerOf('v8').held(image).losses;
  expect(losses.filter(({ path }) => path === 'task[0].threads').map(({ what }) => what)).toEqual(tids);
  expect(losses.map(({ path }) => path)).toEqual(expect.arrayContaining(['task[1]', 'task[0].ppid']));
  expect(writerOf('v11').held(image).losses).toEqual([]);
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { memoryMapOf } from '../../src/format/model/memory-map.js';
import { PAGE_BYTES } from '../../src/format/model/page.js';
import { openSpaces, spaceOf, type Space } from '../../src/inspect/space.js';
import { isMissing, memoryParts } from '../../src/inspect/space-parts.js';
import { anySpace, seeded } from './arbitrary-space.js';
import { lazyMapOf } from './lazy-map.js';
import { imageOf } from './sample-image.js';

/** One byte as a single read gives it, or the code of the error. */
async function byteAt(space: Space, vaddr: bigint): Promise<number | string> {
  try {
    return (await space.read(vaddr, 1))[0] ?? NaN;
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
}

test('the parts of a range lie one behind the other, and each byte is as it reads alone', async () => {
  const anyStart = fc.nat({ max: 30 * PAGE_BYTES }).map((n) => 0xff000 + n);
  const anyLength = fc.integer({ min: 1, max: 12 * PAGE_BYTES });
  const property = fc.asyncProperty(
    anySpace,
    anyStart,
    anyLength,
    fc.boolean(),
    async (samples, start, length, isLazy) => {
      const image = imageOf(samples);
      const space = spaceOf(openSpaces(isLazy ? lazyMapOf(image, 2) : memoryMapOf(image)));
      const end = BigInt(start + length);
      let vaddr = BigInt(start);
      for await (const part of memoryParts(space, { start: vaddr, end })) {
        expect(part.vaddr).toBe(vaddr);
        const next = isMissing(part) ? part.end : part.vaddr + BigInt(part.bytes.length);
        for (let at = vaddr; at < next; at += 1021n) {
          const alone = await byteAt(space, at);
          expect(isMissing(part) ? part.error.code : part.bytes[Number(at - vaddr)]).toBe(alone);
        }
        expect(await byteAt(space, next - 1n)).toBe(isMissing(part) ? part.error.code : part.bytes.at(-1));
        expect(isMissing(part) ? part.area : undefined).toBe(isMissing(part) ? space.areaAt(vaddr) : undefined);
        vaddr = next;
      }
      expect(vaddr).toBe(end);
    },
  );
  await fc.assert(property, seeded(200));
});

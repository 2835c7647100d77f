import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ContentsLayout, type ContentsPart } from '../../src/capture/contents.js';
import { runs } from '../support/seed.js';

const byteAt = (part: number, offset: number): number => (part * 59 + offset * 7) & 0xff;

function partOf(number: number): ContentsPart {
  return {
    name: `part ${number}`,
    readSync: (offset, into) => {
      for (let i = 0; i < into.length; i++) into[i] = byteAt(number, offset + i);
      return into.length;
    },
  };
}

const stretches = fc.array(fc.tuple(fc.nat(3), fc.nat(1000), fc.integer({ min: 1, max: 300 })), { minLength: 1 });

test('every byte of what was placed is found where it was placed, also across stretches', () => {
  fc.assert(
    fc.property(stretches, fc.nat(), fc.nat(1000), (list, pick, length) => {
      const layout = new ContentsLayout();
      const expected = list.flatMap(([part, from, bytes]) => {
        const by = layout.place(partOf(part), from, bytes);
        return Array.from({ length: bytes }, (_, i) => [by + from + i, byteAt(part, from + i)] as const);
      });
      expect(expected.map(([at]) => at)).toEqual(expected.map((_, i) => i));
      const start = pick % expected.length;
      const into = new Uint8Array(length);
      const got = layout.source('all').readSync(start, into);
      const wanted = expected.slice(start, start + length).map(([, byte]) => byte);
      expect([...into.subarray(0, got)]).toEqual(wanted);
    }),
    runs(100),
  );
});

test('more than offsets can tell is refused', () => {
  const layout = new ContentsLayout();
  for (let i = 0; i < 63; i++) layout.place(partOf(i), 0, 2 ** 47);
  expect(() => layout.place(partOf(63), 0, 2 ** 48)).toThrow(expect.objectContaining({ code: 'CANNOT_HOLD' }) as Error);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WRITABLE as WRITABLE_CKPT } from '../../../src/format/ckpt/tables/revision.js';
import type { Image } from '../../../src/format/model/image.js';
import { digestImage } from '../../../src/inspect/digest/digest.js';
import { anyCkptImage } from '../../support/arbitrary-ckpt-image.js';
import { anyImage } from '../../support/arbitrary-image.js';
import { runs } from '../../support/seed.js';

/** What is no state, or a number that stands for an object. */
const NO_STATE = /^(name|format|timeSeconds|notes|contents|pages|id|this|peer|peercred|kind)$|ref$/;
const LINK = /^(pipe|socket|tty):\[\d+\]$/;

type Place = [holder: Record<string, unknown>, key: string];

/** A copy in which shared is shared, and every value in it that counts. */
function copyWithPlaces(image: Image): { image: Image; places: Place[] } {
  const copies = new Map<object, unknown>();
  const places: Place[] = [];
  const copy = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof Uint8Array) return value.slice();
    const known = copies.get(value);
    if (known !== undefined) return known;
    const made = (Array.isArray(value) ? [] : {}) as Record<string, unknown>;
    copies.set(value, made);
    for (const [key, member] of Object.entries(value)) {
      const isState = !NO_STATE.test(key) || (key === 'name' && typeof member === 'string' && !LINK.test(member));
      made[key] = isState || key === 'name' ? copy(member) : member;
      const isLeaf = typeof member !== 'object' || member instanceof Uint8Array;
      const isEmpty = member instanceof Uint8Array && member.length === 0;
      if (isState && isLeaf && !isEmpty && member !== undefined) places.push([made, key]);
    }
    return made;
  };
  const tasks = copy(image.tasks) as Image['tasks'];
  const header = copy(image.header) as Image['header'];
  return { image: { ...image, tasks, header }, places };
}

/** Another value of the same type. */
function changed(value: unknown, pick: number): unknown {
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'bigint') return value + 1n;
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'string') return `${value}x`;
  const bytes = (value as Uint8Array).slice();
  const at = pick % bytes.length;
  bytes[at] = (bytes[at] ?? 0) ^ (1 + (pick % 255));
  return bytes;
}

const SOURCES: readonly (readonly [string, fc.Arbitrary<Image>])[] = [
  ['cr', anyImage(3)],
  ...[...new Set(Object.values(WRITABLE_CKPT))].map((one) => [one.name, anyCkptImage(one)] as const),
];

describe('the digest', () => {
  test.each(SOURCES)('of %s changes with any field', async (_, images) => {
    await fc.assert(
      fc.asyncProperty(images, fc.nat(), fc.nat(), async (image, where, pick) => {
        const { image: copy, places } = copyWithPlaces(image);
        const before = await digestImage(copy);
        expect(before).toEqual(await digestImage(image));
        const [holder, key] = places[where % places.length] ?? [{}, ''];
        holder[key] = changed(holder[key], pick);
        const after = await digestImage(copy);
        expect({ key, isSame: after.id === before.id }).toEqual({ key, isSame: false });
        expect(after.structure).not.toBe(before.structure);
      }),
      runs(40),
    );
  });

  test('does not see name, format, time and object numbers', async () => {
    await fc.assert(
      fc.asyncProperty(anyImage(2), async (image) => {
        const tasks = image.tasks.map((task, i) => ({ ...task, mm: task.mm && { ...task.mm, id: i + 7 } }));
        const header = { ...image.header, timeSeconds: image.header.timeSeconds + 1n };
        const format = { ...image.format, revision: 'v12', covers: 'v12', decidedBy: ['a guess'] };
        const other = { ...image, name: 'other', tasks, header, format };
        expect(await digestImage(other)).toEqual(await digestImage(image));
      }),
      runs(10),
    );
  });

  test('sees who shares what', async () => {
    await fc.assert(
      fc.asyncProperty(anyImage(2), async (image) => {
        const first = image.tasks.find(({ files }) => files.length > 0);
        fc.pre(first !== undefined);
        const two = (task: typeof first): Image => ({ ...image, tasks: [first, { ...task, pid: 77, tgid: 77 }] });
        const id = async (task: typeof first): Promise<string> => (await digestImage(two(task))).id;
        const ids = [
          await id(first),
          await id({ ...first, mm: first.mm && { ...first.mm } }),
          await id({ ...first, files: [...first.files] }),
          await id({ ...first, files: first.files.map((fd) => ({ ...fd, file: { ...fd.file } })) }),
        ];
        expect(new Set(ids).size).toBe(ids.length);
      }),
      runs(10),
    );
  });
});

import { expect, test } from 'vitest';
import { salvageImage, type Salvage } from '../../src/convert/salvage.js';
import { MemorySink, MemorySource } from '../../src/format/bytes/memory.js';
import type { Image } from '../../src/format/model/image.js';
import { readImage, readRecords } from '../../src/format/registry.js';
import { goldenBytes, goldenNames } from '../support/golden.js';

const HEADER_BYTES = 8;
const OBJREF_NUMBER = 12;

/** What is saved of a damaged image, as reading it strictly gives it. */
async function saved(bytes: Uint8Array): Promise<Salvage & { readonly image: Image }> {
  const sink = new MemorySink();
  const salvage = await salvageImage((options) => readImage(new MemorySource(bytes, 'damaged.img'), options), sink);
  return { ...salvage, image: await readImage(new MemorySource(sink.bytes(), 'saved.img')) };
}

function without(bytes: Uint8Array, offset: number, count: number): Uint8Array {
  return Buffer.concat([bytes.subarray(0, offset), bytes.subarray(offset + count)]);
}

async function recordsOf(bytes: Uint8Array): Promise<readonly { name: string; offset: number; path: string }[]> {
  const records = [];
  for await (const record of readRecords(new MemorySource(bytes, 'golden.img'))) records.push(record);
  return records;
}

async function offsetOf(bytes: Uint8Array, wanted: string, ofPath: string): Promise<number> {
  const found = (await recordsOf(bytes)).find(({ name, path }) => name === wanted && path === ofPath);
  if (!found) throw new Error(`no ${wanted} at ${ofPath}`);
  return found.offset;
}

test.each(goldenNames('ckpt'))('what is saved of %s is read strictly, wherever in a record it ends', async (name) => {
  const bytes = goldenBytes(name);
  const tree = await offsetOf(bytes, 'TREE', 'tree');
  const ends = (await recordsOf(bytes))
    .filter(({ offset }) => offset > tree)
    .map(({ offset }) => offset + HEADER_BYTES);
  const first = await offsetOf(bytes, 'STRING', 'task[0].comm');
  for (const end of ends.filter((offset) => offset > first))
    await expect(saved(bytes.subarray(0, end)), `cut at ${String(end)}`).resolves.toMatchObject({
      isSameRevision: true,
    });
});

test('four bytes that are missing before a section do not make a second task of what follows', async () => {
  const bytes = goldenBytes('J3-single-x86_64');
  const whole = await saved(bytes);
  const { kept, image } = await saved(without(bytes, (await offsetOf(bytes, 'CPU_FPU', 'task[0].fpu')) + 100, 4));
  expect(kept).toEqual(whole.kept);
  expect(image.tasks.map(({ pid }) => pid)).toEqual(whole.image.tasks.map(({ pid }) => pid));
});

test('a section whose object has no number is not saved, nor what refers to it', async () => {
  const bytes = Uint8Array.from(bytesOfH3());
  const number = (await offsetOf(bytes, 'OBJREF', 'task[0].fs')) + OBJREF_NUMBER;
  bytes.fill(0, number, number + 4);
  const { image, kept } = await saved(bytes);
  expect(kept.tasks).toBe(3);
  expect(image.tasks[0]?.threads[0].kernel?.sections.fs).toBeUndefined();
});

test('a reference that damage put before its object is not saved', async () => {
  const bytes = Uint8Array.from(bytesOfH3());
  // the working directory of the first task comes to stand behind its TASK_OBJS
  const [a, b, length] = [2521, 53691, 2634];
  bytes.set(bytesOfH3().subarray(b, b + length), a);
  bytes.set(bytesOfH3().subarray(a, a + length), b);
  expect((await saved(bytes)).kept.tasks).toBeGreaterThan(0);
});

test('pages that are short of as many bytes as the record behind them are not saved', async () => {
  const bytes = goldenBytes('J3-single-x86_64');
  const { kept } = await saved(without(bytes, 63160, 16));
  // in the last mapping of shared memory, which has three pages and an OBJREF behind it
  expect(kept.pages).toBe((await saved(bytes)).kept.pages - 3);
});

test.each([
  ['a flag that is not known', 'HEADER', 'head', 68, 1],
  ['a negative reference', 'TASK_CREDS', 'task[0].creds', 8, -1],
  ['a negative reference of the task', 'TASK_OBJS', 'task[0].objs', 16, -1],
  ['a wrong number of pending signals', 'SIGPENDING', 'task[0].sigpending', 8, 7],
  ['a path without its end', 'FILE_NAME', 'task[0].fs.path[1]', 4, 8],
])('%s is not written again', async (_, name, path, within, value) => {
  const bytes = Buffer.from(bytesOfH3());
  bytes.writeInt32LE(value, (await offsetOf(bytes, name, path)) + within);
  const { faults, kept } = await saved(bytes);
  expect(faults.length).toBeGreaterThan(0);
  expect(kept.tasks).toBe(3);
});

function bytesOfH3(): Uint8Array {
  return goldenBytes('H3-tree-x86_64');
}

import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, test } from 'vitest';
import { MemorySink, MemorySource } from '../../../src/format/bytes/memory.js';
import { reencode } from '../../../src/format/cr/write/reencode.js';
import { walkRecords } from '../../../src/format/cr/read/walker.js';
import { FormatError } from '../../../src/format/errors.js';
import { readImage } from '../../../src/format/registry.js';
import { GOLDEN, goldenBytes, goldenJson, goldenNames, itemJson, taskJson, vmaJson } from '../../support/golden.js';
import { mmOf } from '../../support/comparable-image.js';

const NAMES = goldenNames();

describe.each(NAMES)('%s, built independently from the specification', (name) => {
  const bytes = goldenBytes(name);
  const json = goldenJson(name);

  test('its records are what its description says', async () => {
    const records = [];
    for await (const item of walkRecords(new MemorySource(bytes))) records.push(itemJson(item));
    expect(records).toEqual(json['records']);
  });

  test('its image is what its description says', async () => {
    const image = await readImage(new MemorySource(bytes));
    const tasks = json['tasks'] as { fds: { fd: number; file: string; objref: number }[] }[];
    expect(image.format.wordBytes).toBe(json['word']);
    expect(image.format.covers).toBe(json['revisions']);
    expect(taskJson(image)).toEqual(tasks.map(({ fds, ...task }) => task));
    expect(image.tasks.map((task) => task.files.map(({ fd, file }) => [fd, file.name]))).toEqual(
      tasks.map(({ fds }) => fds.map(({ fd, file }) => [fd, file])),
    );
    const mms = json['mms'] as { vmas: unknown[]; nldt: number }[];
    for (const [i, mm] of image.tasks.map(mmOf).entries()) {
      const vmas = [];
      for (const vma of mm.vmas) vmas.push(await vmaJson(vma, image.contents));
      expect(vmas).toEqual(mms[i]?.vmas);
      expect(mm.ldt.length / 8).toBe(mms[i]?.nldt);
    }
  });

  test('descriptors that share an open file hold the same object', async () => {
    const image = await readImage(new MemorySource(bytes));
    const { fds } = (json['tasks'] as { fds: { objref: number }[] }[])[0] ?? { fds: [] };
    const files = image.tasks[0]?.files.map(({ file }) => file) ?? [];
    expect(files.map((file) => files.indexOf(file))).toEqual(
      fds.map(({ objref }) => fds.findIndex((other) => other.objref === objref)),
    );
  });

  test('decoded and encoded again it is the same bytes', async () => {
    const sink = new MemorySink();
    await reencode(new MemorySource(bytes), sink);
    expect(Buffer.compare(sink.bytes(), bytes)).toBe(0);
  });

  test('bytes behind TAIL are kept, and reported', async () => {
    const longer = new Uint8Array([...bytes, 1, 2, 3]);
    const sink = new MemorySink();
    await reencode(new MemorySource(longer), sink);
    expect(Buffer.compare(sink.bytes(), longer)).toBe(0);
    const { notes } = await readImage(new MemorySource(longer));
    expect(notes).toMatchObject([{ code: 'TRAILING_BYTES', at: { offset: bytes.length } }]);
  });
});

interface Damage {
  readonly offset: number;
  readonly reason: string;
}

const bad = path.join(GOLDEN, 'bad');
const { files } = JSON.parse(fs.readFileSync(path.join(bad, 'expected.json'), 'utf8')) as {
  files: Record<string, Damage>;
};

test.each(Object.entries(files))('%s is refused where it can first be known', async (file, { offset }) => {
  const source = new MemorySource(new Uint8Array(fs.readFileSync(path.join(bad, file))));
  const error: unknown = await readImage(source).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(FormatError);
  expect((error as FormatError).offset).toBeLessThanOrEqual(offset);
  expect((error as FormatError).message).not.toBe('');
});

test('every fixture was looked at', () => {
  expect(NAMES).toContain('tiny-v11');
  expect(Object.keys(files).length).toBeGreaterThan(5);
});

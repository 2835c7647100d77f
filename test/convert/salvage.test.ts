import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { salvageImage, type Salvage } from '../../src/convert/salvage.js';
import { openFile } from '../../src/format/bytes/file.js';
import { FileSink } from '../../src/format/bytes/file-sink.js';
import { MemorySink, MemorySource } from '../../src/format/bytes/memory.js';
import { FormatError } from '../../src/format/errors.js';
import type { Image, Vma } from '../../src/format/model/image.js';
import { PAGE_BYTES } from '../../src/format/model/page.js';
import type { ReadImageOptions } from '../../src/format/model/read-options.js';
import { readImage } from '../../src/format/registry.js';
import { familyImage } from '../inspect/family-image.js';
import { goldenBytes, goldenNames } from '../support/golden.js';
import { scratchDirectory } from '../support/scratch.js';

const PREFIX_STEP = 53;

type Read = (options: ReadImageOptions) => Promise<Image>;

function reading(bytes: Uint8Array): Read {
  return (options) => readImage(new MemorySource(bytes, 'damaged.img'), options);
}

async function pagesOf(image: Image, vma: Vma): Promise<Map<number, string>> {
  const pages = new Map<number, string>();
  const page = new Uint8Array(PAGE_BYTES);
  for (let run = 0; run < vma.pages.count; run++) {
    for (let i = 0; i < (vma.pages.nrPages[run] ?? 0); i++) {
      await image.contents.read((vma.pages.offset[run] ?? 0) + i * PAGE_BYTES, page);
      pages.set((vma.pages.vpn[run] ?? 0) + i, Buffer.from(page).toString('base64'));
    }
  }
  return pages;
}

/** All pages of the tasks, by place in the image and page number. */
async function allPages(image: Image): Promise<Map<string, string>> {
  const all = new Map<string, string>();
  for (const [i, { mm }] of image.tasks.entries()) {
    for (const vma of mm?.vmas ?? []) {
      for (const [vpn, bytes] of await pagesOf(image, vma)) all.set(`${String(i)} ${String(vpn)}`, bytes);
    }
  }
  return all;
}

test.each(goldenNames())('%s comes through a salvage whole', async (name) => {
  const sink = new MemorySink();
  const { faults, isSameRevision, kept } = await salvageImage(reading(goldenBytes(name)), sink);
  expect([faults, isSameRevision, kept.tasks]).toEqual([[], true, 1]);
  const [before, after] = [await reading(goldenBytes(name))({}), await reading(sink.bytes())({})];
  expect(await allPages(after)).toEqual(await allPages(before));
});

test.each(goldenNames())('every prefix of %s is refused, or saved as what it begins with', async (name) => {
  const bytes = goldenBytes(name);
  const truth = await allPages(await reading(bytes)({}));
  let savedPages = 0;
  for (let length = 0; length < bytes.length; length += PREFIX_STEP) {
    const sink = new MemorySink();
    let salvage: Salvage;
    try {
      salvage = await salvageImage(reading(bytes.subarray(0, length)), sink);
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError);
      continue;
    }
    expect(salvage.faults.length).toBeGreaterThan(0);
    const saved = await allPages(await reading(sink.bytes())({}));
    expect(saved.size).toBe(salvage.kept.pages);
    savedPages = Math.max(savedPages, saved.size);
    for (const [place, contents] of saved) expect(truth.get(place)).toBe(contents);
  }
  // the last prefix ends behind the last page
  expect(savedPages).toBe(truth.size);
});

const FAULT = new FormatError('TRUNCATED', { at: { offset: 9, path: 'task[0]' }, what: 'the image ends' });

const damaged: Read = ({ onFault }) => {
  onFault?.(FAULT);
  return Promise.resolve(familyImage());
};

test('faults and what was kept are told', async () => {
  const salvage = await salvageImage(damaged, new MemorySink());
  expect(salvage).toMatchObject({
    name: 'family.img',
    to: 'v13',
    isSameRevision: true,
    faults: [FAULT],
    kept: { tasks: 5, vmas: 3 },
  });
});

test('another revision can be asked for', async () => {
  expect(await salvageImage(damaged, new MemorySink(), { to: 'v9' })).toMatchObject({
    to: 'v9',
    isSameRevision: false,
  });
});

test('when no task is left, the first fault is thrown and nothing written', async () => {
  const file = path.join(scratchDirectory(), 'out.img');
  const nothing: Read = async (options) => ({ ...(await damaged(options)), tasks: [] });
  await expect(salvageImage(nothing, new FileSink(file))).rejects.toBe(FAULT);
  expect(fs.readdirSync(path.dirname(file))).toEqual([]);
});

test('a result in a file is read again before it gets its name', async () => {
  const file = path.join(scratchDirectory(), 'out.img');
  await salvageImage(damaged, new FileSink(file));
  await (await readImage(openFile(file))).close();
  // what is written can then not be read
  class ForgetfulSink extends FileSink {
    override write(bytes: Uint8Array): void {
      super.write(bytes.subarray(0, -1));
    }
  }
  const other = path.join(scratchDirectory(), 'out.img');
  await expect(salvageImage(damaged, new ForgetfulSink(other), { index: false })).rejects.toMatchObject({
    code: 'TRUNCATED',
  });
  expect(fs.readdirSync(path.dirname(other))).toEqual([]);
});

test.each(goldenNames('ckpt'))(
  '%s with bytes missing inside its pages: no page is there that was not',
  async (name) => {
    const bytes = goldenBytes(name);
    const whole = await allPages(await readImage(new MemorySource(bytes)));
    for (let at = 3000; at < bytes.length - 5000; at += 4001) {
      const cut = new Uint8Array([...bytes.subarray(0, at), ...bytes.subarray(at + 4)]);
      const image = await reading(cut)({ onFault: () => undefined }).catch(() => undefined);
      // a task of which only a later part is left has another place
      for (const [place, page] of image ? await allPages(image) : [])
        if (whole.has(place)) expect(page === whole.get(place), place).toBe(true);
    }
  },
);

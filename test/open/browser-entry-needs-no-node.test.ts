import { beforeAll, expect, test } from 'vitest';
import { MemorySource } from '../../src/format/bytes/memory.js';
import { memoryMapOf } from '../../src/format/model/memory-map.js';
import { readImage, readRecords } from '../../src/format/registry.js';
import { describeDiff } from '../../src/inspect/describe-diff.js';
import { describeImage } from '../../src/inspect/describe.js';
import { diffImages } from '../../src/inspect/diff.js';
import { browserBundle, browserRealm } from '../support/browser-realm.js';
import { goldenBytes, goldenNames } from '../support/golden.js';
import { startRangeServer } from '../support/range-server.js';

const NAMES = [...goldenNames('cr'), ...goldenNames('ckpt')];

let bundle: Awaited<ReturnType<typeof browserBundle>>;
let inBrowser: ReturnType<typeof browserRealm>;

beforeAll(async () => {
  bundle = await browserBundle();
  inBrowser = browserRealm(bundle.code);
});

/** As it looks when it has gone through structured clone or JSON, which two realms may compare. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? `${member}n` : member)),
  );
}

test('there is nothing of Node in the realm, and the bundle asks for nothing', async () => {
  const kinds = await inBrowser(
    'async () => [typeof Buffer, typeof process, typeof require, typeof setImmediate].join()',
    undefined,
  );
  expect(kinds).toBe('undefined,undefined,undefined,undefined');
  expect(bundle.imports).toEqual([]);
});

test.each(NAMES)('%s in a Blob is shown as in Node', async (name) => {
  const shown = await inBrowser(
    'async (blob) => crit.describeImage(await crit.readImage(await crit.openSource(blob)))',
    new File([goldenBytes(name)], 'memory'),
  );
  const image = await readImage(new MemorySource(goldenBytes(name)));
  expect(plain(shown)).toEqual(plain(describeImage(image)));
});

test.each(NAMES)('%s in a Blob has the same records as in Node', async (name) => {
  const records = await inBrowser(
    `async (blob) => {
      const records = [];
      for await (const record of crit.readRecords(new crit.BlobSource(blob))) records.push(record);
      return records;
    }`,
    new Blob([goldenBytes(name)]),
  );
  const expected: unknown[] = [];
  for await (const record of readRecords(new MemorySource(goldenBytes(name)))) expected.push(record);
  expect(plain(records)).toEqual(plain(expected));
});

test.each(NAMES)('the memory map of %s behind HTTP is that in Node, and its pages can be read', async (name) => {
  const server = await startRangeServer(goldenBytes(name));
  const got = await inBrowser(
    `async (url) => {
      const map = crit.memoryMapOf(await crit.readImage(await crit.HttpSource.open(url)));
      const page = new Uint8Array(Math.min(map.contents.size, crit.PAGE_BYTES));
      await crit.readExactly(map.contents, map.contents.size - page.length, page);
      return { spaces: map.spaces, format: map.format, page: [...page] };
    }`,
    server.url,
  );
  const map = memoryMapOf(await readImage(new MemorySource(goldenBytes(name))));
  const page = [...goldenBytes(name).slice(-4096)];
  expect(plain(got)).toEqual(plain({ spaces: map.spaces, format: map.format, page }));
});

test.each(NAMES.filter((name) => name !== 'tiny-v11'))('%s and a changed copy differ as in Node', async (name) => {
  const before = goldenBytes(name);
  const image = await readImage(new MemorySource(before));
  const after = before.slice();
  const offset = firstPageOffset(image);
  after[offset] = (after[offset] ?? 0) ^ 1;
  const diff = await inBrowser(
    `async ([before, after]) => {
      const images = [await crit.readImage(new crit.BlobSource(before)), await crit.readImage(new crit.BlobSource(after))];
      const diff = await crit.diffImages(...images);
      const bytes = [];
      for await (const changed of crit.changedBytes(...images, diff)) bytes.push(changed);
      return [crit.describeDiff(diff, { withRuns: true }), bytes.length];
    }`,
    [new Blob([before]), new Blob([after])],
  );
  const expected = await diffImages(
    await readImage(new MemorySource(before, 'blob')),
    await readImage(new MemorySource(after, 'blob')),
  );
  expect(expected.isDifferent).toBe(true);
  expect(plain(diff)).toEqual(plain([describeDiff(expected, { withRuns: true }), 1]));
});

function firstPageOffset(image: Awaited<ReturnType<typeof readImage>>): number {
  const pages = image.tasks.flatMap(({ mm }) => mm?.vmas ?? []).map(({ pages }) => pages.offset[0]);
  const offset = pages.find((place) => place !== undefined);
  expect(offset).toBeDefined();
  return offset ?? 0;
}

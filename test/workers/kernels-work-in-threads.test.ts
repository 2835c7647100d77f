// The threads are those of the built library: this holds that they know our kernels and load what those need.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openFile } from '../../src/format/bytes/file.js';
import { INLINE_CREW } from '../../src/format/bytes/inline-crew.js';
import type { ByteSource } from '../../src/format/bytes/source.js';
import { CHUNK_BYTES } from '../../src/format/model/chunk-digests.js';
import { PAGE_BYTES } from '../../src/format/model/page.js';
import { comparePagesByCrew } from '../../src/inspect/compare-by-crew.js';
import { checkChunkDigests, computeChunkDigests } from '../../src/inspect/chunk-digests.js';
import type { PageSpans } from '../../src/inspect/page-spans.js';
import { startCrew } from '../../src/workers/crew.js';
import { scratchDirectory } from '../support/scratch.js';

const crew = await startCrew({ threads: 2, program: new URL('../../dist/workers/worker-main.js', import.meta.url) });
afterAll(() => crew.close());

const NR_PAGES = 5000;
const CHANGED = [0, 1, 511, 512, 2048, 4999];

/** A file of pages of which each is another one; those that are `changed` differ in their last byte. */
function fileOf(changed: readonly number[]): ByteSource {
  const bytes = new Uint8Array(NR_PAGES * PAGE_BYTES);
  for (let page = 0; page < NR_PAGES; page++) bytes.fill(1 + (page % 251), page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
  for (const page of changed) bytes[(page + 1) * PAGE_BYTES - 1] = 0;
  const file = path.join(scratchDirectory(), 'pages');
  fs.writeFileSync(file, bytes);
  return openFile(file);
}

/** All of both files, as one mapping. */
function spansOf(nrPages: number): PageSpans {
  return {
    count: 1,
    groups: 1,
    group: Uint32Array.of(0),
    vpn: Float64Array.of(100),
    nrPages: Uint32Array.of(nrPages),
    beforeOffset: Float64Array.of(0),
    afterOffset: Float64Array.of(0),
    isAgainstZero: Uint8Array.of(0),
  };
}

test('threads compare pages as the thread of the caller does', async () => {
  const spans = spansOf(NR_PAGES);
  const [before, after] = [fileOf([]), fileOf(CHANGED)];
  const [states] = await comparePagesByCrew(spans, [before, after], { crew });
  const changed = [...(states?.vpn ?? [])].flatMap((vpn, run) =>
    states?.state[run] === 1 ? Array.from({ length: states.nrPages[run] ?? 0 }, (_, i) => vpn + i - 100) : [],
  );
  expect(changed).toEqual(CHANGED);
  expect([states]).toEqual(await comparePagesByCrew(spans, [before, after], { crew: INLINE_CREW }));
  await before.close();
  await after.close();
});

test('contents that end early are an error at that place, of the same path', async () => {
  const [before, after] = [fileOf([]), fileOf([])];
  const spans = spansOf(NR_PAGES + 1);
  const states = comparePagesByCrew(spans, [before, after], { crew });
  await expect(states).rejects.toMatchObject({ code: 'TRUNCATED', offset: before.size, path: 'page contents' });
  await before.close();
  await after.close();
});

test('threads digest and check a file as the thread of the caller does', async () => {
  const [before, after] = [fileOf([]), fileOf(CHANGED)];
  const digests = await computeChunkDigests(before, before.size - 1, { crew });
  expect(digests).toEqual(await computeChunkDigests(before, before.size - 1, { crew: INLINE_CREW }));
  expect(await checkChunkDigests(before, digests, { crew })).toEqual([]);
  // the last byte of the file is none of the stream's
  const ranges = [
    [0, CHUNK_BYTES],
    [7 * CHUNK_BYTES, 9 * CHUNK_BYTES],
    [32 * CHUNK_BYTES, 33 * CHUNK_BYTES],
  ];
  expect(await checkChunkDigests(after, digests, { crew })).toEqual(ranges);
  await before.close();
  await after.close();
});

import { expect, test } from 'vitest';
import { vaddrOf } from '../../src/format/model/page.js';
import { openImage } from '../../src/open/open-any.js';
import { browserBundle, browserRealm } from '../support/browser-realm.js';
import { goldenBytes } from '../support/golden.js';
import { startRangeServer } from '../support/range-server.js';
import { FIRST_VPN, imageOfManyRuns, stampOf } from './large-image.js';

test.each([1, 100, 5000])('an image of %d runs is opened with 3 requests, and a page is 1 more', async (runs) => {
  const server = await startRangeServer(await imageOfManyRuns(runs));
  const image = await openImage(server.url);
  expect(image.origin).toBe('footer');
  expect(server.requests.length).toBeLessThanOrEqual(3);
  const space = image.space();
  for (const run of new Set([0, runs >> 1, runs - 1])) {
    const before = server.requests.length;
    const vpn = FIRST_VPN + 2 * run;
    const page = await space.read(vaddrOf(vpn), 4096);
    expect(new DataView(page.buffer).getUint32(0, true)).toBe(stampOf(vpn));
    expect(server.requests.length - before).toBeLessThanOrEqual(1);
  }
  await image.close();
});

test('in a browser, too', async () => {
  const bytes = goldenBytes('H3-tree-x86_64');
  const inBrowser = browserRealm((await browserBundle()).code);
  const image = await openImage(bytes);
  const area = image.space(1).areas.find(({ pages }) => pages.totalPages > 0);
  const vaddr = area?.vm_start ?? 0n;
  const read = await inBrowser(
    'async ([blob, vaddr]) => [...await (await crit.openImage(blob)).space(1).read(BigInt(vaddr), 64)]',
    [new Blob([bytes]), String(vaddr)],
  );
  expect(JSON.parse(JSON.stringify(read))).toEqual([...(await image.space(1).read(vaddr, 64))]);
});

test('a library user finds what is in memory, by a pattern', async () => {
  const { textPattern } = await import('../../src/inspect/search/bytes-pattern.js');
  const image = await openImage(await imageOfManyRuns(50));
  const wanted = new Uint8Array(new Uint32Array([stampOf(FIRST_VPN + 20)]).buffer);
  const { exactPattern } = await import('../../src/inspect/search/bytes-pattern.js');
  const found: bigint[] = [];
  for await (const { vaddr } of image.space().find(exactPattern(wanted))) found.push(vaddr);
  expect(found).toEqual([vaddrOf(FIRST_VPN + 20)]);
  for await (const match of image.space().find(textPattern('nowhere'))) expect(match).toBeUndefined();
});

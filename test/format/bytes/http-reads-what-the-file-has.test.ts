import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HttpSource, type HttpSourceOptions } from '../../../src/format/bytes/http.js';
import { startRangeServer, type RangeServer } from '../../support/range-server.js';
import { runs } from '../../support/seed.js';

const BLOCK = 64 * 1024;

function numbered(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * 7) ^ (i >> 8) ^ (i >> 16));
}

async function serve(
  size: number,
  options: HttpSourceOptions = {},
): Promise<{ server: RangeServer; source: HttpSource; bytes: Uint8Array }> {
  const bytes = numbered(size);
  const server = await startRangeServer(bytes);
  return { server, source: await HttpSource.open(server.url, { retryMs: 1, ...options }), bytes };
}

async function readPart(source: HttpSource, offset: number, length: number): Promise<Uint8Array> {
  const into = new Uint8Array(length);
  return into.subarray(0, await source.read(offset, into));
}

test('any reads, alone or at once, give the bytes of the file', async () => {
  const part = fc.record({ offset: fc.nat(700_000), length: fc.nat(200_000) });
  const sizes = fc.constantFrom(1, BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK + 100, 600_000);
  const tight = { cacheBytes: 2 * BLOCK, maxRequestBytes: 2 * BLOCK };
  const property = fc.asyncProperty(
    sizes,
    fc.array(part, { maxLength: 8 }),
    fc.boolean(),
    fc.boolean(),
    async (size, parts, isAtOnce, isTight) => {
      const { server, source, bytes } = await serve(size, isTight ? tight : {});
      const check = async ({ offset, length }: { offset: number; length: number }): Promise<void> => {
        const got = await readPart(source, offset, length);
        expect(Buffer.compare(got, bytes.subarray(offset, offset + length))).toBe(0);
      };
      if (isAtOnce) await Promise.all(parts.map(check));
      else for (const one of parts) await check(one);
      await source.close();
      await server.close();
    },
  );
  await fc.assert(property, runs(40));
});

test('opening is one request, and the last 64 KiB need no other', async () => {
  const { server, source, bytes } = await serve(10 * BLOCK + 5000);
  expect(source.size).toBe(bytes.length);
  expect(await readPart(source, bytes.length - BLOCK, BLOCK)).toEqual(bytes.slice(-BLOCK));
  expect(server.requests.map(({ range }) => range)).toEqual([`bytes=-${BLOCK}`]);
});

test('4 KiB anywhere are at most one request, also across two blocks, and none the second time', async () => {
  const { server, source, bytes } = await serve(40 * BLOCK + 5000);
  for (const offset of [20 * BLOCK + 5000 - 100, 3 * BLOCK, 31 * BLOCK + 77]) {
    const before = server.requests.length;
    expect(await readPart(source, offset, 4096)).toEqual(bytes.slice(offset, offset + 4096));
    expect(server.requests.length - before).toBe(1);
    await readPart(source, offset, 4096);
    expect(server.requests.length - before).toBe(1);
  }
});

test('who reads forwards asks for more each time, up to 4 MiB', async () => {
  const { server, source, bytes } = await serve(12 * 1024 * 1024);
  for (let offset = 0; offset < bytes.length; offset += 4096) await readPart(source, offset, 4096);
  const sizes = server.requests.slice(1).map(({ sentBytes }) => sentBytes / BLOCK);
  expect(sizes.slice(0, 7)).toEqual([1, 2, 4, 8, 16, 32, 64]);
  expect(Math.max(...sizes)).toBe(64);
  expect(sizes.reduce((sum, blocks) => sum + blocks)).toBe(bytes.length / BLOCK - 1);
});

test('reads here and there ask for no more than their blocks', async () => {
  const { server, source } = await serve(100 * BLOCK);
  for (const block of [50, 10, 80, 30, 60, 20, 5, 90]) await readPart(source, block * BLOCK, 4096);
  expect(server.requests.slice(1).map(({ sentBytes }) => sentBytes)).toEqual(Array(8).fill(BLOCK));
});

test('reads of the same block at once share a request', async () => {
  const { server, source, bytes } = await serve(20 * BLOCK);
  const got = await Promise.all([0, 100, 4096, 60_000].map((offset) => readPart(source, offset, 4096)));
  expect(got[3]).toEqual(bytes.slice(60_000, 64_096));
  expect(server.requests.length).toBe(2);
});

test('the cache keeps no more bytes than it may', async () => {
  const { server, source } = await serve(20 * BLOCK, { cacheBytes: 2 * BLOCK });
  for (const block of [0, 5, 10, 0]) await readPart(source, block * BLOCK, 10);
  expect(server.requests.length).toBe(1 + 4);
});

test('an empty file can be opened, whether the server refuses its last bytes or sends none', async () => {
  const { source, server } = await serve(0);
  expect([source.size, await readPart(source, 0, 10)]).toEqual([0, new Uint8Array(0)]);
  server.faults.push({ whole: true });
  expect((await HttpSource.open(server.url)).size).toBe(0);
});

test('headers, and user and password of the URL, are sent', async () => {
  const { server } = await serve(100, { headers: { Authorization: 'Bearer abc', 'X-Other': '1' } });
  expect(server.requests[0]?.headers).toMatchObject({
    authorization: 'Bearer abc',
    'x-other': '1',
    'accept-encoding': 'identity',
  });
  await HttpSource.open(server.url.replace('//', '//me:p%40ss@'));
  const basic = Buffer.from('me:p@ss').toString('base64');
  expect(server.requests[1]?.headers.authorization).toBe(`Basic ${basic}`);
});

test('a redirection is followed, without authorization where it leads to another server', async () => {
  const { server, bytes } = await serve(5 * BLOCK);
  const other = await startRangeServer(new Uint8Array(0));
  other.faults.push({ status: 302, headers: { Location: server.url } });
  const source = await HttpSource.open(other.url.replace('//', '//me:secret@'));
  expect(source.size).toBe(bytes.length);
  expect(server.requests.at(-1)?.headers.authorization).toBeUndefined();
});

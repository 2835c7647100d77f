import { expect, test, vi } from 'vitest';
import { HttpSource, type HttpSourceOptions } from '../../../src/format/bytes/http.js';
import { IoError, UsageError } from '../../../src/format/errors.js';
import { startRangeServer, type Fault, type RangeServer } from '../../support/range-server.js';

const BLOCK = 64 * 1024;
const SIZE = 20 * BLOCK;
const OPTIONS: HttpSourceOptions = { retryMs: 1, stallMs: 200 };
const TRIES = 4;

const BYTES = Uint8Array.from({ length: SIZE }, (_, i) => i ^ (i >> 8));

function serve(): Promise<RangeServer> {
  return startRangeServer(BYTES);
}

async function failureOf(promise: Promise<unknown>): Promise<IoError> {
  const error: unknown = await promise.then(
    () => 'nothing failed',
    (reason: unknown) => reason,
  );
  if (error instanceof IoError) return error;
  throw error;
}

function always(fault: Fault): Fault[] {
  return Array<Fault>(TRIES).fill(fault);
}

/** What fails for good, at opening and at reading, with the number of requests that it takes. */
const FAULTS: readonly (readonly [string, Fault, string, string, number])[] = [
  ['404', { status: 404 }, 'READ_FAILED', 'HTTP status 404', 1],
  ['403', { status: 403 }, 'READ_FAILED', 'HTTP status 403', 1],
  ['416', { status: 416 }, 'READ_FAILED', 'HTTP status 416', 1],
  ['a redirection to nowhere', { status: 302 }, 'READ_FAILED', 'HTTP status 302', 1],
  ['500 always', { status: 500 }, 'READ_FAILED', 'HTTP status 500', TRIES],
  ['a connection that always breaks', { after: 1000, then: 'reset' }, 'READ_FAILED', '', TRIES],
  ['a body that always ends early', { bodyBytes: 1000 }, 'READ_FAILED', '1000 of 65536 bytes came', TRIES],
  ['a body that is too long', { surplusBytes: 10 }, 'READ_FAILED', 'more than 65536 bytes came', 1],
  ['silence before the body', { after: 0, then: 'stall' }, 'READ_FAILED', 'nothing came for 200 ms', 1],
  ['silence in the body', { after: 1000, then: 'stall' }, 'READ_FAILED', 'nothing came for 200 ms', 1],
  ['all of the file', { whole: true }, 'NO_RANGES', 'it sends all of it', 1],
  ['no Content-Range', { headers: { 'Content-Range': undefined } }, 'NO_RANGES', 'no Content-Range', 1],
  ['a Content-Range of nonsense', { headers: { 'Content-Range': 'bytes x' } }, 'NO_RANGES', 'no Content-Range', 1],
  ['another range', { headers: { 'Content-Range': `bytes 7-70/${SIZE}` } }, 'NO_RANGES', 'other bytes', 1],
  ['compression', { headers: { 'Content-Encoding': 'br' } }, 'NO_RANGES', 'encoded', 1],
];

test.each(FAULTS)('%s is told at opening', async (_, fault, code, text, nrRequests) => {
  const server = await serve();
  server.faults.push(...always(fault));
  const error = await failureOf(HttpSource.open(server.url, OPTIONS));
  expect(error.code).toBe(code);
  expect(error.message).toContain(text);
  expect(error.message).toContain(server.url);
  expect(server.requests.length).toBe(nrRequests);
});

test.each(FAULTS)('%s is told at reading', async (_, fault, code, text, nrRequests) => {
  const server = await serve();
  const source = await HttpSource.open(server.url, OPTIONS);
  server.faults.push(...always(fault));
  const error = await failureOf(source.read(0, new Uint8Array(10)));
  expect(error.code).toBe(code);
  expect(error.message).toContain(text);
  expect(error.message).toContain(server.url);
  expect(server.requests.length).toBe(1 + nrRequests);
  // and nothing of it is kept
  server.faults.length = 0;
  const got = new Uint8Array(10);
  await source.read(0, got);
  expect(got).toEqual(BYTES.slice(0, 10));
});

test('a size that the server does not tell is told at opening', async () => {
  const server = await serve();
  server.faults.push({ headers: { 'Content-Range': `bytes ${SIZE - BLOCK}-${SIZE - 1}/*` } });
  const error = await failureOf(HttpSource.open(server.url, OPTIONS));
  expect([error.code, error.message]).toEqual(['NO_RANGES', expect.stringContaining('does not tell the size')]);
});

test.each<readonly [string, Fault]>([
  ['500', { status: 500 }],
  ['503', { status: 503 }],
  ['a broken connection', { after: 1000, then: 'reset' }],
  ['an early end', { bodyBytes: 1000 }],
])('%s three times is got over', async (_, fault) => {
  const server = await serve();
  server.faults.push(fault, fault, fault);
  const source = await HttpSource.open(server.url, OPTIONS);
  server.faults.push(fault, fault, fault);
  const got = new Uint8Array(BLOCK + 100);
  expect(await source.read(50, got)).toBe(got.length);
  expect(Buffer.compare(got, BYTES.subarray(50, 50 + got.length))).toBe(0);
});

/** What the server may do to its file between two requests. */
const CHANGES: readonly (readonly [string, (server: RangeServer) => void])[] = [
  ['another ETag', (server) => (server.etag = '"two"')],
  ['another weak ETag', (server) => (server.etag = 'W/"one"')],
  ['no ETag any more', (server) => (server.etag = undefined)],
  ['fewer bytes', (server) => (server.content = BYTES.slice(0, 5 * BLOCK))],
  ['no bytes at that place', (server) => (server.content = BYTES.slice(0, BLOCK))],
  ['more bytes', (server) => (server.content = new Uint8Array(SIZE + 1))],
];

test.each(CHANGES)('a file that has %s is another one', async (_, change) => {
  const server = await serve();
  const source = await HttpSource.open(server.url, OPTIONS);
  await source.read(8 * BLOCK, new Uint8Array(10));
  change(server);
  const error = await failureOf(source.read(2 * BLOCK, new Uint8Array(10)));
  expect(error.code).toBe('SOURCE_CHANGED');
});

test('without an ETag the time of the last change tells, and sizes without either', async () => {
  const server = await serve();
  server.etag = undefined;
  const source = await HttpSource.open(server.url, OPTIONS);
  server.lastModified = 'Tue, 02 Jan 2024 00:00:00 GMT';
  expect((await failureOf(source.read(0, new Uint8Array(10)))).code).toBe('SOURCE_CHANGED');
  server.lastModified = undefined;
  const other = await HttpSource.open(server.url, OPTIONS);
  expect(await other.read(0, new Uint8Array(10))).toBe(10);
});

test('a weak ETag that stays the same is the same file', async () => {
  const server = await serve();
  server.etag = 'W/"weak"';
  const source = await HttpSource.open(server.url, OPTIONS);
  expect(await source.read(0, new Uint8Array(10))).toBe(10);
});

test('all of a file is not downloaded where a part was asked for', async () => {
  const server = await startRangeServer(new Uint8Array(64 * 1024 * 1024));
  server.faults.push({ whole: true });
  await failureOf(HttpSource.open(server.url, OPTIONS));
  // until it notices, the server fills the buffers of the connection
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(server.requests[0]?.sentBytes).toBeLessThan(32 * 1024 * 1024);
});

test('a server that is not there is told with what the system says', async () => {
  const server = await serve();
  await server.close();
  const error = await failureOf(HttpSource.open(server.url, OPTIONS));
  expect([error.code, error.message]).toEqual(['READ_FAILED', expect.stringContaining('ECONNREFUSED')]);
});

test('neither user, password, query nor headers of a request are in a message', async () => {
  const server = await serve();
  server.faults.push({ status: 403 });
  const url = `${server.url.replace('//', '//me:secret@')}?signature=secret#secret`;
  const error = await failureOf(HttpSource.open(url, OPTIONS));
  expect(error.message).toContain('http://127.0.0.1');
  expect(error.message).not.toMatch(/secret|me:/);
  const wrong = HttpSource.open(server.url, { headers: { Authorization: 'secret\n' } });
  await expect(wrong).resolves.toBeInstanceOf(HttpSource);
  const refused = HttpSource.open(server.url, { headers: { Authorization: 'sec\nret' } });
  await expect(refused).rejects.toSatisfy((reason) => reason instanceof UsageError && !/sec/.test(reason.message));
});

test.each(['ftp://example.com/a.img', 'a.img', 'http://'])('%s is no URL to read from', async (url) => {
  await expect(HttpSource.open(url)).rejects.toThrow(UsageError);
});

test('a signal ends opening, one read of several, or all reads', async () => {
  const server = await serve();
  server.faults.push({ after: 100, then: 'stall' });
  const opening = HttpSource.open(server.url, { signal: AbortSignal.timeout(50) });
  await expect(opening).rejects.toMatchObject({ name: 'TimeoutError' });

  const all = new AbortController();
  const source = await HttpSource.open(server.url, { ...OPTIONS, stallMs: 10_000, signal: all.signal });
  server.faults.push({ after: 100, then: 'stall' });
  const one = new AbortController();
  const first = source.read(0, new Uint8Array(10), { signal: one.signal });
  const second = source.read(0, new Uint8Array(10));
  one.abort();
  await expect(first).rejects.toMatchObject({ name: 'AbortError' });
  all.abort();
  await expect(second).rejects.toMatchObject({ name: 'AbortError' });
  await expect(source.read(0, new Uint8Array(10))).rejects.toMatchObject({ name: 'AbortError' });
});

test('a read that was given up does not disturb who reads the same afterwards', async () => {
  const server = await serve();
  const source = await HttpSource.open(server.url, { ...OPTIONS, stallMs: 10_000 });
  server.faults.push({ after: 100, then: 'stall' });
  const one = new AbortController();
  const first = source.read(0, new Uint8Array(10), { signal: one.signal });
  await vi.waitUntil(() => server.requests.length === 2);
  one.abort();
  await expect(first).rejects.toMatchObject({ name: 'AbortError' });
  expect(await source.read(0, new Uint8Array(10))).toBe(10);
});

test('closing ends what is being read', async () => {
  const server = await serve();
  const source = await HttpSource.open(server.url, { ...OPTIONS, stallMs: 10_000 });
  server.faults.push({ after: 100, then: 'stall' });
  const reading = failureOf(source.read(0, new Uint8Array(10)));
  await source.close();
  expect((await reading).message).toContain('closed');
  expect((await failureOf(source.read(0, new Uint8Array(10)))).message).toContain('closed');
});

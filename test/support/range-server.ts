import * as fs from 'node:fs';
import * as http from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** What the server does to one request instead of answering it well. */
export interface Fault {
  /** Answer with this status and nothing else. */
  readonly status?: number;
  /** Send all of the file, with status 200. */
  readonly whole?: true;
  /** Headers instead of the right ones; undefined leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Send only so many bytes of the body, and end it there. */
  readonly bodyBytes?: number;
  /** Send only so many bytes of the body, and then `stall` or `reset` the connection. */
  readonly after?: number;
  readonly then?: 'stall' | 'reset';
  /** Send so many bytes too many. */
  readonly surplusBytes?: number;
}

/** One request that came. */
export interface SeenRequest {
  readonly range: string | undefined;
  readonly headers: http.IncomingHttpHeaders;
  /** How many bytes of a body were given to the connection. */
  sentBytes: number;
}

export interface RangeServer {
  /** Of the file. */
  readonly url: string;
  /** What came, in order. `length` counts them. */
  readonly requests: SeenRequest[];
  /** Taken one for each request, in order; then the server behaves. `undefined` is a good answer. */
  readonly faults: (Fault | undefined)[];
  /** What is served: bytes, or the path of a file. May be changed at any time. */
  content: Uint8Array | string;
  etag: string | undefined;
  lastModified: string | undefined;
  close(): Promise<void>;
}

const RANGE = /^bytes=(\d*)-(\d*)$/;

function sizeOf(content: Uint8Array | string): number {
  return typeof content === 'string' ? fs.statSync(content).size : content.length;
}

function bytesOf(content: Uint8Array | string, start: number, end: number): Uint8Array {
  if (typeof content !== 'string') return content.subarray(start, end);
  const fd = fs.openSync(content, 'r');
  const bytes = new Uint8Array(end - start);
  fs.readSync(fd, bytes, 0, bytes.length, start);
  fs.closeSync(fd);
  return bytes;
}

/** The bytes that a Range header asks for; undefined where there are none of them. */
function rangeIn(header: string, size: number): { start: number; end: number } | undefined {
  const [, first = '', last = ''] = RANGE.exec(header) ?? [];
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  return start < end ? { start, end } : undefined;
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | undefined>;
  readonly body: Uint8Array;
}

function goodAnswer({ content, etag, lastModified }: RangeServer, rangeHeader: string | undefined): Answer {
  const size = sizeOf(content);
  const about = { ETag: etag, 'Last-Modified': lastModified, 'Accept-Ranges': 'bytes' };
  if (rangeHeader === undefined) return { status: 200, headers: about, body: bytesOf(content, 0, size) };
  const range = rangeIn(rangeHeader, size);
  if (!range) {
    const headers = { ...about, 'Content-Range': `bytes */${size}` };
    return { status: 416, headers, body: new TextEncoder().encode('<html>no</html>') };
  }
  const { start, end } = range;
  const headers = { ...about, 'Content-Range': `bytes ${start}-${end - 1}/${size}` };
  return { status: 206, headers, body: bytesOf(content, start, end) };
}

function faultyAnswer(server: RangeServer, rangeHeader: string | undefined, fault: Fault): Answer {
  if (fault.status !== undefined)
    return { status: fault.status, headers: { ...fault.headers }, body: new Uint8Array(0) };
  const { status, headers, body } = goodAnswer(server, fault.whole ? undefined : rangeHeader);
  const sent = new Uint8Array((fault.bodyBytes ?? body.length) + (fault.surplusBytes ?? 0));
  sent.set(body.subarray(0, sent.length));
  return { status, headers: { ...headers, ...fault.headers }, body: sent };
}

const PIECE_BYTES = 64 * 1024;

/** Waits until more can be written, or nobody is there any more. */
function drained(response: http.ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.once('drain', done).once('close', done);
  });
}

/** Sends a body as far as somebody takes it. */
async function sendBody(response: http.ServerResponse, body: Uint8Array, seen: SeenRequest): Promise<void> {
  for (let at = 0; at < body.length && !response.destroyed; at += PIECE_BYTES) {
    const piece = body.subarray(at, at + PIECE_BYTES);
    seen.sentBytes += piece.length;
    if (!response.write(piece)) await drained(response);
  }
}

async function answer(
  server: RangeServer,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const { range } = request.headers;
  const rangeHeader = typeof range === 'string' ? range : undefined;
  const seen = { range: rangeHeader, headers: request.headers, sentBytes: 0 };
  server.requests.push(seen);
  const fault = server.faults.shift() ?? {};
  const { status, headers, body } = faultyAnswer(server, rangeHeader, fault);
  const length = fault.bodyBytes === undefined && fault.surplusBytes === undefined ? String(body.length) : undefined;
  for (const [name, value] of Object.entries({ 'Content-Length': length, ...headers }))
    if (value !== undefined) response.setHeader(name, value);
  response.writeHead(status);
  response.flushHeaders();
  await sendBody(response, body.subarray(0, fault.after), seen);
  if (fault.then === 'reset') request.socket.destroy();
  else if (fault.then === undefined) response.end();
}

/** A server on this machine that gives parts of one file, or misbehaves; it ends with the test. */
export async function startRangeServer(content: Uint8Array | string): Promise<RangeServer> {
  const listener = http.createServer((request, response) => {
    response.on('error', () => undefined);
    void answer(server, request, response);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  // a server that listens on a port has an address of this kind
  const { port } = listener.address() as AddressInfo;
  const close = async (): Promise<void> => {
    listener.closeAllConnections();
    if (listener.listening) await new Promise((resolve) => listener.close(resolve));
  };
  const server: RangeServer = {
    url: `http://127.0.0.1:${port}/dir/an.img`,
    requests: [],
    faults: [],
    content,
    etag: '"one"',
    lastModified: 'Mon, 01 Jan 2024 00:00:00 GMT',
    close,
  };
  onTestFinished(close);
  return server;
}

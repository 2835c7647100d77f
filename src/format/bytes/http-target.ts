import { IoError, UsageError, type IoCode } from '../errors.js';

/** How long a server may say nothing. */
const STALL_MS = 30_000;
/** Before the first repetition; twice as long before each one after. */
const RETRY_MS = 100;

export interface HttpOptions {
  /** Sent with every request, such as `Authorization`; a redirection to another server takes all but that along. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** How long nothing may come before a request has failed; default 30 s. */
  readonly stallMs?: number | undefined;
  /** How long to wait before asking again after what may pass; default 100 ms, doubled each time. */
  readonly retryMs?: number | undefined;
  /** Ends opening, and every read after it. */
  readonly signal?: AbortSignal | undefined;
}

/** A file on a server, and how to ask for it. */
export interface HttpTarget {
  /** Without user and password, which fetch refuses. */
  readonly url: string;
  /** The URL for people: without what may be a secret. */
  readonly name: string;
  readonly headers: Headers;
  readonly stallMs: number;
  readonly retryMs: number;
}

const BASIC = 'Basic ';

/** User and password of a URL, as a header. */
function basicAuthorization({ username, password }: URL): string {
  const bytes = new TextEncoder().encode(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  return BASIC + btoa(String.fromCharCode(...bytes));
}

/** @throws {UsageError} `BAD_ARGUMENT` for what is no http(s) URL or no header */
export function httpTarget(where: string | URL, options: HttpOptions): HttpTarget {
  const url = URL.canParse(String(where)) ? new URL(where) : undefined;
  if (!url || !/^https?:$/.test(url.protocol))
    throw new UsageError('BAD_ARGUMENT', { what: 'URL', expected: 'http://... or https://...' });
  const name = `${url.origin}${url.pathname}${url.search === '' ? '' : '?...'}`;
  const headers = headersOf(url, options);
  [url.username, url.password, url.hash] = ['', '', ''];
  const { stallMs = STALL_MS, retryMs = RETRY_MS } = options;
  return { url: url.href, name, headers, stallMs, retryMs };
}

function headersOf(url: URL, options: HttpOptions): Headers {
  try {
    const headers = new Headers(options.headers);
    if (url.username + url.password !== '' && !headers.has('Authorization'))
      headers.set('Authorization', basicAuthorization(url));
    return headers;
  } catch {
    // what was thrown may hold a password
    throw new UsageError('BAD_ARGUMENT', { what: 'a header or the user in the URL cannot be sent' });
  }
}

/** What it means that something went wrong with a request. */
export function httpFailure(target: HttpTarget, code: IoCode, why: string, cause?: unknown): IoError {
  return new IoError(code, { what: `reading ${target.name} failed (${why})`, cause });
}

/** @param why  what the server does instead */
export function noRanges(target: HttpTarget, why: string): IoError {
  return new IoError('NO_RANGES', { what: `the server of ${target.name} does not give parts of it (${why})` });
}

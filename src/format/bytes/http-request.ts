import { CritError, errnoOf, type IoError } from '../errors.js';
import { pause } from './abort.js';
import { mayPass } from './http-answer.js';
import { httpFailure, type HttpTarget } from './http-target.js';

const RETRIES = 3;

/** How one try ended: what is thrown is final, what has `failed` may go better next time. */
export type Outcome<T> = { readonly done: T } | { readonly failed: IoError };

/** Reads an answer. `more` says that something came: who says nothing for too long is given up. */
export type Take<T> = (response: Response, more: () => void) => Promise<Outcome<T>>;

/**
 * Asks for a range and asks again after what may pass: server errors, lost connections, too few bytes.
 *
 * @param range  value of the Range header
 * @throws {IoError} `READ_FAILED`, what `take` throws, or the reason of the signal
 */
export async function requestRange<T>(
  target: HttpTarget,
  range: string,
  take: Take<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  for (let left = RETRIES, wait = target.retryMs; ; left--, wait *= 2) {
    const outcome = await tryOnce(target, range, take, signal);
    if ('done' in outcome) return outcome.done;
    if (left === 0) throw outcome.failed;
    await pause(wait, signal);
  }
}

async function tryOnce<T>(
  target: HttpTarget,
  range: string,
  take: Take<T>,
  signal: AbortSignal | undefined,
): Promise<Outcome<T>> {
  signal?.throwIfAborted();
  const watch = watchFor(target, signal);
  try {
    const headers = new Headers(target.headers);
    headers.set('Range', range);
    // which asks for identity encoding by itself where there is a range
    const response = await fetch(target.url, { headers, signal: watch.signal });
    watch.more();
    const outcome = mayPass(response) ? { failed: statusFailure(target, response) } : await take(response, watch.more);
    if ('failed' in outcome) watch.stop(outcome.failed);
    return outcome;
  } catch (cause) {
    // who gives up has said why; the rest of the answer is not wanted either way
    watch.signal.throwIfAborted();
    watch.stop(cause);
    if (cause instanceof CritError) throw cause;
    return { failed: httpFailure(target, 'READ_FAILED', reasonOf(cause), cause) };
  } finally {
    watch.end();
  }
}

function statusFailure(target: HttpTarget, { status }: Response): IoError {
  return httpFailure(target, 'READ_FAILED', `HTTP status ${String(status)}`);
}

/** Why fetch failed: an errno where the system tells one. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return errnoOf(cause.cause) ?? cause.message;
}

interface Watch {
  /** Ends the request. */
  readonly signal: AbortSignal;
  readonly more: () => void;
  readonly stop: (reason: unknown) => void;
  readonly end: () => void;
}

/** Ends a request when the caller does not want it any more, and when nothing comes for too long. */
function watchFor(target: HttpTarget, signal: AbortSignal | undefined): Watch {
  const controller = new AbortController();
  const stop = (reason: unknown): void => {
    controller.abort(reason);
  };
  const stopWith = (): void => {
    stop(signal?.reason);
  };
  const stalled = (): void => {
    stop(httpFailure(target, 'READ_FAILED', `nothing came for ${String(target.stallMs)} ms`));
  };
  signal?.addEventListener('abort', stopWith, { once: true });
  let timer = setTimeout(stalled, target.stallMs);
  const more = (): void => {
    clearTimeout(timer);
    timer = setTimeout(stalled, target.stallMs);
  };
  const end = (): void => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stopWith);
  };
  return { signal: controller.signal, more, stop, end };
}

/**
 * Reads the body of an answer, which must fill `into`.
 *
 * @throws {IoError} `READ_FAILED` where more comes
 */
export async function readBody(
  target: HttpTarget,
  response: Response,
  into: Uint8Array,
  more: () => void,
): Promise<Outcome<Uint8Array>> {
  // Node's types leave open what a body is made of
  const body: ReadableStream<Uint8Array> | null = response.body;
  const reader = body?.getReader();
  let filled = 0;
  for (let part = await reader?.read(); part?.value; part = await reader?.read()) {
    const bytes = part.value;
    more();
    if (filled + bytes.length > into.length)
      throw httpFailure(target, 'READ_FAILED', `more than ${String(into.length)} bytes came`);
    into.set(bytes, filled);
    filled += bytes.length;
  }
  if (filled === into.length) return { done: into };
  return {
    failed: httpFailure(target, 'READ_FAILED', `${String(filled)} of ${String(into.length)} bytes came`),
  };
}

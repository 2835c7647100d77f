import { nextTurn } from '../format/bytes/turn.js';
import { PAGE_BYTES } from '../format/model/page.js';
import { NOT_HELD } from './page-compare.js';
import { comparablePages, isComparable } from './page-spans.js';
import { moveWindow, openWindow, pagesInWindow, readAheadBytes } from './read-window.js';
import type { ByteSource } from '../format/bytes/source.js';
import type { PageSpans } from './page-spans.js';
import type { ReadWindow } from './read-window.js';

/** After so many pages other work gets a turn, so that an interrupt is seen. */
const TURN_PAGES = (32 * 1024 * 1024) / PAGE_BYTES;

export interface PieceOptions {
  /** Looked at about every 32 MiB. */
  readonly signal?: AbortSignal | undefined;
  /** Called about every 32 MiB, and at the end. */
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

/**
 * A walk over page spans in pieces whose contents are in memory on both sides at once. What describes the piece is
 * overwritten by each step.
 */
export interface PagePieces {
  readonly spans: PageSpans;
  readonly before: ReadWindow;
  readonly after: ReadWindow;
  readonly options: PieceOptions;
  readonly totalPages: number;
  donePages: number;
  /** `donePages` at which others get a turn. */
  turnAt: number;
  /** The span that the piece lies in, and how many pages of it are done once the piece is. */
  span: number;
  spanPages: number;
  vpn: number;
  nrPages: number;
  /** Position of the first page in the buffer of each window; `NOT_HELD` where there is nothing to look at. */
  beforeAt: number;
  afterAt: number;
}

/** Buffers are allocated here, once; the sources stay the caller's. */
export function openPieces(
  spans: PageSpans,
  before: ByteSource,
  after: ByteSource,
  options: PieceOptions = {},
): PagePieces {
  const progress = { totalPages: comparablePages(spans), donePages: 0, turnAt: TURN_PAGES };
  const piece = { span: 0, spanPages: 0, vpn: 0, nrPages: 0, beforeAt: NOT_HELD, afterAt: NOT_HELD };
  return { spans, before: openWindow(before), after: openWindow(after), options, ...progress, ...piece };
}

/**
 * Steps to the next piece; waits only to read or to give others a turn, so that one loop runs at full speed:
 * `const step = nextPiece(pieces); if (!(typeof step === 'boolean' ? step : await step)) break;`
 *
 * @returns  false at the end
 * @throws {FormatError} `TRUNCATED`; the reason of the signal
 */
export function nextPiece(pieces: PagePieces): boolean | Promise<boolean> {
  while (pieces.spanPages >= (pieces.spans.nrPages[pieces.span] ?? Infinity)) {
    pieces.span++;
    pieces.spanPages = 0;
  }
  if (pieces.span >= pieces.spans.count) return finish(pieces);
  if (!isComparable(pieces.spans, pieces.span)) return takePages(pieces, NOT_HELD, NOT_HELD);
  const skipBytes = pieces.spanPages * PAGE_BYTES;
  const beforeOffset = offsetBehind(pieces.spans.beforeOffset, pieces.span, skipBytes);
  const afterOffset = offsetBehind(pieces.spans.afterOffset, pieces.span, skipBytes);
  const isAtHand = isInWindow(pieces.before, beforeOffset) && isInWindow(pieces.after, afterOffset);
  if (isAtHand && pieces.donePages < pieces.turnAt) return takePages(pieces, beforeOffset, afterOffset);
  return readPieces(pieces, beforeOffset, afterOffset);
}

function finish({ options, donePages, totalPages }: PagePieces): boolean {
  options.onProgress?.(donePages * PAGE_BYTES, totalPages * PAGE_BYTES);
  return false;
}

function offsetBehind(offsets: Float64Array, span: number, skipBytes: number): number {
  const offset = offsets[span] ?? NOT_HELD;
  return offset === NOT_HELD ? NOT_HELD : offset + skipBytes;
}

function isInWindow(window: ReadWindow, offset: number): boolean {
  return offset === NOT_HELD || pagesInWindow(window, offset) > 0;
}

async function readPieces(pieces: PagePieces, beforeOffset: number, afterOffset: number): Promise<boolean> {
  if (pieces.donePages >= pieces.turnAt) await giveTurn(pieces);
  const { spans } = pieces;
  await Promise.all([
    moveTo(pieces, pieces.before, spans.beforeOffset, beforeOffset),
    moveTo(pieces, pieces.after, spans.afterOffset, afterOffset),
  ]);
  return takePages(pieces, beforeOffset, afterOffset);
}

async function moveTo(pieces: PagePieces, window: ReadWindow, column: Float64Array, offset: number): Promise<void> {
  if (isInWindow(window, offset)) return;
  const { spans, span } = pieces;
  const lengthBytes = readAheadBytes(column, spans.nrPages, span, offset, (index) => isComparable(spans, index));
  await moveWindow(window, offset, lengthBytes);
}

async function giveTurn(pieces: PagePieces): Promise<void> {
  const { options, donePages, totalPages } = pieces;
  pieces.turnAt = donePages + TURN_PAGES;
  await nextTurn();
  options.signal?.throwIfAborted();
  options.onProgress?.(donePages * PAGE_BYTES, totalPages * PAGE_BYTES);
}

/** Makes the piece as long as the span and both windows allow. */
function takePages(pieces: PagePieces, beforeOffset: number, afterOffset: number): true {
  const { spans, span, before, after } = pieces;
  let nrPages = (spans.nrPages[span] ?? 0) - pieces.spanPages;
  if (beforeOffset !== NOT_HELD) nrPages = Math.min(nrPages, pagesInWindow(before, beforeOffset));
  if (afterOffset !== NOT_HELD) nrPages = Math.min(nrPages, pagesInWindow(after, afterOffset));
  pieces.vpn = (spans.vpn[span] ?? 0) + pieces.spanPages;
  pieces.nrPages = nrPages;
  pieces.beforeAt = beforeOffset === NOT_HELD ? NOT_HELD : beforeOffset - before.start;
  pieces.afterAt = afterOffset === NOT_HELD ? NOT_HELD : afterOffset - after.start;
  pieces.spanPages += nrPages;
  if (isComparable(spans, span)) pieces.donePages += nrPages;
  return true;
}

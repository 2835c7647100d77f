import { PAGE_BYTES } from '../format/model/page.js';
import { NOT_HELD, isComparable } from './page-spans.js';
import { nextPiece } from './page-pieces.js';
import { ADDED, CHANGED, NO_STATE_RUNS, PageStateRunsBuilder, REMOVED, SAME } from './page-states.js';
import { WINDOW_PAGES } from './read-window.js';
import type { PagePieces } from './page-pieces.js';
import type { PageStateRuns } from './page-states.js';

/** Pages compared at once where everything wider differed. */
const MIDDLE_PAGES = 16;
export const ZERO_PAGE = Buffer.alloc(PAGE_BYTES);
/** Where to look before a whole page is compared with zeros: most pages that are not zero show it here. */
const PROBE_OFFSETS = [0, 1024, 2048, PAGE_BYTES - 8] as const;

function isEqual(a: Buffer, aAt: number, b: Buffer, bAt: number, nrPages: number): boolean {
  const lengthBytes = nrPages * PAGE_BYTES;
  return a.compare(b, bAt, bAt + lengthBytes, aAt, aAt + lengthBytes) === 0;
}

/** Whether the page at `at` is all zeros. */
export function isZeroPage(buffer: Buffer, at: number): boolean {
  for (const offset of PROBE_OFFSETS) if (buffer.readInt32LE(at + offset) !== 0) return false;
  return isEqual(buffer, at, ZERO_PAGE, 0, 1);
}

function narrower(nrPages: number): number {
  return nrPages > MIDDLE_PAGES ? MIDDLE_PAGES : 1;
}

/** Compares `nrPages` pages in steps of `stepPages`, and what differs in narrower steps. */
function addCompared(
  pieces: PagePieces,
  firstPage: number,
  nrPages: number,
  stepPages: number,
  states: PageStateRunsBuilder,
): void {
  const { before, after, beforeAt, afterAt, vpn } = pieces;
  for (let page = firstPage; page < firstPage + nrPages; page += stepPages) {
    const length = Math.min(stepPages, firstPage + nrPages - page);
    const skipBytes = page * PAGE_BYTES;
    if (isEqual(before.buffer, beforeAt + skipBytes, after.buffer, afterAt + skipBytes, length)) {
      states.add(vpn + page, length, SAME);
    } else if (length === 1) {
      states.add(vpn + page, 1, CHANGED);
    } else {
      addCompared(pieces, page, length, narrower(length), states);
    }
  }
}

function addAgainstZero(pieces: PagePieces, states: PageStateRunsBuilder): void {
  const isBefore = pieces.beforeAt !== NOT_HELD;
  const { buffer } = isBefore ? pieces.before : pieces.after;
  const at = isBefore ? pieces.beforeAt : pieces.afterAt;
  const elseState = isBefore ? REMOVED : ADDED;
  for (let page = 0; page < pieces.nrPages; page++) {
    states.add(pieces.vpn + page, 1, isZeroPage(buffer, at + page * PAGE_BYTES) ? SAME : elseState);
  }
}

function addPiece(pieces: PagePieces, states: PageStateRunsBuilder): void {
  const { spans, span, vpn, nrPages } = pieces;
  if (!isComparable(spans, span)) {
    states.add(vpn, nrPages, spans.beforeOffset[span] === NOT_HELD ? ADDED : REMOVED);
  } else if (spans.isAgainstZero[span] === 1) {
    addAgainstZero(pieces, states);
  } else {
    addCompared(pieces, 0, nrPages, WINDOW_PAGES, states);
  }
}

/**
 * Compares all pieces.
 *
 * @returns  the page states of each group of segments that the spans were planned from
 * @throws {FormatError} `TRUNCATED`; the reason of the signal
 */
export async function comparePages(pieces: PagePieces): Promise<PageStateRuns[]> {
  const { groups } = pieces.spans;
  const result = new Array<PageStateRuns>(groups).fill(NO_STATE_RUNS);
  const states = new PageStateRunsBuilder();
  let group = 0;
  for (;;) {
    const step = nextPiece(pieces);
    if (!(typeof step === 'boolean' ? step : await step)) break;
    const groupOfPiece = pieces.spans.group[pieces.span] ?? 0;
    if (groupOfPiece !== group) {
      result[group] = states.take();
      group = groupOfPiece;
    }
    addPiece(pieces, states);
  }
  if (groups > 0) result[group] = states.take();
  return result;
}

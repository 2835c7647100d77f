import { NOT_HELD, markDifferent } from './page-compare.js';
import { nextPiece } from './page-pieces.js';
import { WINDOW_PAGES } from './read-window.js';
import { addIncomparable, addMarked, addSame, openSpanStates, takeSpanStates } from './span-states.js';
import type { PagePieces } from './page-pieces.js';
import type { PageStateRuns } from './page-states.js';
import type { SpanStates } from './span-states.js';

function addPiece(states: SpanStates, pieces: PagePieces, marks: Uint8Array): void {
  const { span, vpn, nrPages, beforeAt, afterAt } = pieces;
  if (beforeAt === NOT_HELD && afterAt === NOT_HELD) {
    addIncomparable(states, span, vpn, nrPages);
    return;
  }
  const pairs = { before: pieces.before.buffer, beforeAt, after: pieces.after.buffer, afterAt, nrPages };
  if (markDifferent(pairs, marks, 0)) {
    addMarked(states, span, vpn, nrPages, marks, 0);
    marks.fill(0);
  } else {
    addSame(states, span, vpn, nrPages);
  }
}

/**
 * Compares all pieces, in this thread.
 *
 * @returns  the page states of each group of segments that the spans were planned from
 * @throws {FormatError} `TRUNCATED`; the reason of the signal
 */
export async function comparePages(pieces: PagePieces): Promise<PageStateRuns[]> {
  const states = openSpanStates(pieces.spans);
  const marks = new Uint8Array(WINDOW_PAGES);
  for (;;) {
    const step = nextPiece(pieces);
    if (!(typeof step === 'boolean' ? step : await step)) break;
    addPiece(states, pieces, marks);
  }
  return takeSpanStates(states);
}

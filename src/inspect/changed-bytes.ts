import { PAGE_BYTES, vaddrOf } from '../format/model/page.js';
import { ZERO_PAGE } from '../format/model/zero-page.js';
import { NOT_HELD } from './page-compare.js';
import { nextPiece, openPieces } from './page-pieces.js';
import { isComparable, planSpans } from './page-spans.js';
import { SAME } from './page-states.js';
import { segmentStates } from './segment-states.js';
import type { Image } from '../format/model/image.js';
import type { ImageDiff, TaskDiff, VmaDiff } from './diff.js';
import type { PagePieces, PieceOptions } from './page-pieces.js';
import type { Segment } from './vma-segment.js';

/** Bytes within one page that differ. */
export interface ChangedBytes {
  readonly task: TaskDiff;
  readonly vma: VmaDiff;
  /** First address, in the image after. */
  readonly vaddr: bigint;
  /** The same in the image before: another one where the mapping moved. */
  readonly vaddrBefore: bigint;
  /** Copies, of equal length, at most one page. Bytes that an image does not hold are zeros. */
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** Equal bytes between two differences that are shown with them: fewer than this. */
const BRIDGE_BYTES = 8;

/** The parts of a mapping's segments whose pages are not the same. */
export function changedSegments(vma: Pick<VmaDiff, 'segments' | 'runs'>): Segment[] {
  return [...segmentStates(vma)].flatMap(({ part, state }) => (state === SAME ? [] : [part]));
}

/** Two pages in memory; `at` is where each begins in its buffer. */
interface PagePair {
  readonly before: Uint8Array;
  readonly beforeAt: number;
  readonly after: Uint8Array;
  readonly afterAt: number;
}

function pagePair(pieces: PagePieces, page: number): PagePair {
  const skipBytes = page * PAGE_BYTES;
  const { before, after, beforeAt, afterAt } = pieces;
  const zeros = { buffer: ZERO_PAGE, at: 0 };
  const a = beforeAt === NOT_HELD ? zeros : { buffer: before.buffer, at: beforeAt + skipBytes };
  const b = afterAt === NOT_HELD ? zeros : { buffer: after.buffer, at: afterAt + skipBytes };
  return { before: a.buffer, beforeAt: a.at, after: b.buffer, afterAt: b.at };
}

/** The differing ranges of two pages, `[start, end)` from their beginning; close ones are one. */
function changedRanges({ before, beforeAt, after, afterAt }: PagePair): [start: number, end: number][] {
  const ranges: [number, number][] = [];
  let last: [number, number] | undefined;
  for (let i = 0; i < PAGE_BYTES; i++) {
    if (before[beforeAt + i] === after[afterAt + i]) continue;
    if (last !== undefined && i - last[1] < BRIDGE_BYTES) last[1] = i + 1;
    else ranges.push((last = [i, i + 1]));
  }
  return ranges;
}

type Place = Pick<ChangedBytes, 'task' | 'vma'>;

function* changedInPage(place: Place, vpn: number, pair: PagePair): Generator<ChangedBytes> {
  const shiftPages = place.vma.segments[0]?.shiftPages ?? 0;
  for (const [start, end] of changedRanges(pair)) {
    yield {
      ...place,
      vaddr: vaddrOf(vpn) + BigInt(start),
      vaddrBefore: vaddrOf(vpn - shiftPages) + BigInt(start),
      before: pair.before.slice(pair.beforeAt + start, pair.beforeAt + end),
      after: pair.after.slice(pair.afterAt + start, pair.afterAt + end),
    };
  }
}

/**
 * Reads the pages again that `diff` found to differ and gives the bytes that do, ascending within each mapping, in
 * constant memory. Pages whose other side is not known (not mapped, or left to a file) have nothing to differ from and
 * are left out.
 *
 * @param before  the images that `diff` came from, with the same contents
 * @throws {FormatError} `TRUNCATED`; the reason of the signal
 */
export async function* changedBytes(
  before: Image,
  after: Image,
  diff: ImageDiff,
  options: PieceOptions = {},
): AsyncGenerator<ChangedBytes> {
  const places = diff.tasks.flatMap((task) => task.vmas.map((vma): Place => ({ task, vma })));
  const spans = planSpans(places.map(({ vma }) => changedSegments(vma)));
  const pieces = openPieces(spans, before.contents, after.contents, options);
  for (;;) {
    const step = nextPiece(pieces);
    if (!(typeof step === 'boolean' ? step : await step)) break;
    const place = places[spans.group[pieces.span] ?? 0];
    if (place === undefined || !isComparable(spans, pieces.span)) continue;
    for (let page = 0; page < pieces.nrPages; page++) {
      yield* changedInPage(place, pieces.vpn + page, pagePair(pieces, page));
    }
  }
}

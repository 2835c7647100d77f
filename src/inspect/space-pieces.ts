import { readExactly, type ByteSource } from '../format/bytes/source.js';
import { PAGE_BYTES, vaddrOf } from '../format/model/page.js';
import { nextTurn } from '../format/bytes/turn.js';
import { nextStretch } from './space-walk.js';
import type { SpaceWalk } from './space-walk.js';

const WINDOW_PAGES = (1024 * 1024) / PAGE_BYTES;
/** After so many windows others get a turn. */
const TURN_WINDOWS = 32;

/** Neighbouring pages that an image holds. */
export interface HeldPiece {
  readonly vaddr: bigint;
  /** Whole pages, 1 MiB at most; overwritten by the next step. */
  readonly bytes: Uint8Array;
}

/** Stretches that are read at once: where each lies in memory and in the window. */
interface Window {
  count: number;
  readonly vpn: Float64Array;
  readonly at: Float64Array;
  readonly nrPages: Float64Array;
  start: number;
  end: number;
}

function openWindow(): Window {
  const column = (): Float64Array => new Float64Array(WINDOW_PAGES);
  return { count: 0, vpn: column(), at: column(), nrPages: column(), start: 0, end: 0 };
}

/** Adds pages if they follow in the source what is in the window, and there is room for all of them. */
function add(window: Window, vpn: number, nrPages: number, offset: number): boolean {
  const { count, end } = window;
  if (count === 0) window.start = offset;
  // a gap of a page may be memory of a process that must not be touched
  else if (offset < end || offset - end >= PAGE_BYTES) return false;
  const nextEnd = offset + nrPages * PAGE_BYTES;
  if (count === WINDOW_PAGES || nextEnd - window.start > WINDOW_PAGES * PAGE_BYTES) return false;
  window.vpn[count] = vpn;
  window.nrPages[count] = nrPages;
  window.at[count] = offset - window.start;
  window.count++;
  window.end = nextEnd;
  return true;
}

async function readWindow(window: Window, source: ByteSource, memory: Uint8Array): Promise<void> {
  await readExactly(source, window.start, memory.subarray(0, window.end - window.start), 'page contents');
}

function* takePieces(window: Window, memory: Uint8Array): Generator<HeldPiece> {
  for (let i = 0; i < window.count; i++) {
    const at = window.at[i] ?? 0;
    const bytes = memory.subarray(at, at + (window.nrPages[i] ?? 0) * PAGE_BYTES);
    yield { vaddr: vaddrOf(window.vpn[i] ?? 0), bytes };
  }
  window.count = 0;
}

/** The held pages of a walk, read in pieces of up to 1 MiB. @throws {FormatError} `TRUNCATED`; the reason of the signal */
export async function* heldPieces(
  walk: SpaceWalk,
  source: ByteSource,
  signal: AbortSignal | undefined,
): AsyncGenerator<HeldPiece> {
  const memory = new Uint8Array(WINDOW_PAGES * PAGE_BYTES);
  const window = openWindow();
  let windows = 0;
  const flush = async function* (): AsyncGenerator<HeldPiece> {
    signal?.throwIfAborted();
    if (++windows % TURN_WINDOWS === 0) await nextTurn();
    await readWindow(window, source, memory);
    yield* takePieces(window, memory);
  };
  for (;;) {
    const step = nextStretch(walk);
    if (!(typeof step === 'boolean' ? step : await step)) break;
    if (walk.state !== 'held') continue;
    const { vpn, nrPages, offset } = walk;
    for (let done = 0; done < nrPages; done += WINDOW_PAGES) {
      const pages = Math.min(nrPages - done, WINDOW_PAGES);
      const isIn = add(window, vpn + done, pages, offset + done * PAGE_BYTES);
      if (isIn) continue;
      yield* flush();
      add(window, vpn + done, pages, offset + done * PAGE_BYTES);
    }
  }
  if (window.count > 0) yield* flush();
}

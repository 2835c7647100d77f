import { readExactly } from '../format/bytes/source.js';
import { PAGE_BYTES } from '../format/model/page.js';
import type { ByteSource } from '../format/bytes/source.js';

const WINDOW_BYTES = 1024 * 1024;
export const WINDOW_PAGES = WINDOW_BYTES / PAGE_BYTES;

/**
 * Large memory begins 16 bytes into a page. The kernel copies to there from the start of a page at a third of its speed
 * on some processors, which take the two for the same bytes; so every read goes to another place within a page.
 */
const LEAD_BYTES = 512;

/** The part of a source that was read last, in memory that is used again. */
export interface ReadWindow {
  readonly source: ByteSource;
  readonly memory: Uint8Array;
  /** The bytes `[start, end)` of the source, a part of `memory`. */
  buffer: Uint8Array;
  start: number;
  end: number;
}

export function openWindow(source: ByteSource): ReadWindow {
  const memory = new Uint8Array(LEAD_BYTES + PAGE_BYTES + WINDOW_BYTES);
  return { source, memory, buffer: memory.subarray(0, 0), start: 0, end: 0 };
}

/** How many whole pages from `offset` of the source on are in the buffer. */
export function pagesInWindow(window: ReadWindow, offset: number): number {
  if (offset < window.start || offset >= window.end) return 0;
  return Math.floor((window.end - offset) / PAGE_BYTES);
}

/**
 * Moves the window to `offset`.
 *
 * @throws {FormatError} `TRUNCATED` where the source ends before `lengthBytes` are read
 */
export async function moveWindow(window: ReadWindow, offset: number, lengthBytes: number): Promise<void> {
  window.start = offset;
  window.end = offset;
  const lead = LEAD_BYTES + (offset % PAGE_BYTES);
  window.buffer = window.memory.subarray(lead, lead + lengthBytes);
  await readExactly(window.source, offset, window.buffer, 'page contents');
  window.end = offset + lengthBytes;
}

/**
 * How many bytes from `offset` on to read at once: the pages of span `index` and of those behind it that follow in the
 * source, at most one window. Gaps smaller than a page are records between the page arrays of a file and are read
 * over; where contents are a living address space, every gap is a page or more, and none is touched.
 *
 * @param offsets      column of where each span lies; negative where the source does not hold it
 * @param isWanted     whether a span will be read at all
 */
export function readAheadBytes(
  offsets: Float64Array,
  nrPages: Uint32Array,
  index: number,
  offset: number,
  isWanted: (index: number) => boolean,
): number {
  let end = (offsets[index] ?? 0) + (nrPages[index] ?? 0) * PAGE_BYTES;
  for (let next = index + 1; next < offsets.length && end - offset < WINDOW_BYTES; next++) {
    const nextOffset = offsets[next] ?? 0;
    if (nextOffset < 0 || !isWanted(next)) continue;
    if (nextOffset < end || nextOffset - end >= PAGE_BYTES) break;
    end = nextOffset + (nrPages[next] ?? 0) * PAGE_BYTES;
  }
  return Math.min(end - offset, WINDOW_BYTES);
}

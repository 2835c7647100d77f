import type { ReadPlan } from '../../format/bytes/crew.js';
import { PAGE_BYTES, vaddrOf } from '../../format/model/page.js';
import type { Layout } from './layout.js';

/** A part of the memory of a map that is searched at once. */
export interface Piece {
  readonly layout: Layout;
  readonly plan: ReadPlan;
  /** Of each segment: the space, and the page of its first byte. */
  readonly space: Uint32Array;
  readonly vpn: Float64Array;
  /** Whether the first segment goes on where the piece before stopped to own. */
  readonly isContinued: boolean;
  /** Held memory in this piece and all before. */
  readonly doneBytes: number;
}

/** The address of a byte of segment `index`. */
export function vaddrIn({ layout, vpn }: Piece, index: number, at: number): bigint {
  const byte = (layout.segmentByte[index] ?? 0) + at - (layout.segmentAt[index] ?? 0);
  return vaddrOf((vpn[index] ?? 0) + Math.floor(byte / PAGE_BYTES)) + BigInt(byte % PAGE_BYTES);
}

/** Whether a byte of `[at, at + lengthBytes)` is of a held page. */
export function touchesHeld({ layout }: Piece, at: number, lengthBytes: number): boolean {
  const { partAt, partBytes } = layout;
  const index = lastUpTo(partAt, at + lengthBytes - 1);
  return index >= 0 && (partAt[index] ?? 0) + (partBytes[index] ?? 0) > at;
}

/** Index of the last of ascending numbers that is at most `limit`, -1 without one. */
export function lastUpTo(ascending: Uint32Array, limit: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

import type { Vma } from '../format/model/image.js';
import type { PlacedVma } from './vma-overlap.js';

/** Pages of one mapping before beside pages of one after; a side that is undefined has nothing mapped there. */
export interface Segment {
  readonly before: Vma | undefined;
  readonly after: Vma | undefined;
  /** First page, numbered as in the image after; before it was `vpn - shiftPages`. */
  readonly vpn: number;
  readonly nrPages: number;
  readonly shiftPages: number;
}

/** All pages of a mapping that is elsewhere now. */
export function movedSegment(before: PlacedVma, after: PlacedVma): Segment {
  const nrPages = after.endVpn - after.startVpn;
  const shiftPages = after.startVpn - before.startVpn;
  return { before: before.vma, after: after.vma, vpn: after.startVpn, nrPages, shiftPages };
}

/** The pages of `placed` that have a counterpart. */
export function overlappingSegments(placed: PlacedVma): Segment[] {
  return placed.overlaps.map(({ before, after, startVpn, endVpn }) => {
    return { before: before.vma, after: after.vma, vpn: startVpn, nrPages: endVpn - startVpn, shiftPages: 0 };
  });
}

/** The pages of `placed`, a mapping of the image on `side`, that have no counterpart. */
export function uncoveredSegments(placed: PlacedVma, side: 'before' | 'after'): Segment[] {
  const segments: Segment[] = [];
  let vpn = placed.startVpn;
  const closeGap = (gapEndVpn: number, nextVpn: number): void => {
    const nrPages = gapEndVpn - vpn;
    if (nrPages > 0) {
      segments.push({ before: undefined, after: undefined, [side]: placed.vma, vpn, nrPages, shiftPages: 0 });
    }
    vpn = nextVpn;
  };
  for (const { startVpn, endVpn } of placed.overlaps) closeGap(startVpn, endVpn);
  closeGap(placed.endVpn, placed.endVpn);
  return segments;
}

import { AnchorScan, chooseAnchor } from './anchor.js';
import type { Finder } from './finder.js';
import { segmentEnd, type Layout } from './layout.js';
import type { BytesPattern } from './pattern.js';

function isMatch({ bytes: wanted, mask }: BytesPattern, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < wanted.length; i++) if (((bytes[at + i] ?? 0) & (mask[i] ?? 0)) !== wanted[i]) return false;
  return true;
}

/** Whether segment `index` has byte `at` at a multiple of `alignBytes`. */
function isAligned({ segmentAt, segmentByte }: Layout, index: number, at: number, alignBytes: number): boolean {
  return ((segmentByte[index] ?? 0) + at - (segmentAt[index] ?? 0)) % alignBytes === 0;
}

/** Every position, also of matches that overlap each other. */
export const findBytes: Finder<BytesPattern> = (pattern, bytes, layout, take) => {
  const { alignBytes } = pattern;
  const lengthBytes = pattern.bytes.length;
  const anchor = chooseAnchor(pattern, bytes);
  const scan = new AnchorScan(bytes, anchor.needles);
  let segment = 0;
  let end = segmentEnd(layout, 0);
  for (let hit = scan.nextFrom(layout.from + anchor.at); ; hit = scan.nextFrom(hit + 1)) {
    const at = hit - anchor.at;
    if (at >= layout.ownedEnd) return;
    while (at >= end) end = segmentEnd(layout, ++segment);
    // what lies across two segments is together only here
    if (at + lengthBytes > end || !isMatch(pattern, bytes, at)) continue;
    if (alignBytes > 1 && !isAligned(layout, segment, at, alignBytes)) continue;
    if (!take(at, lengthBytes, at + 1)) return;
  }
};

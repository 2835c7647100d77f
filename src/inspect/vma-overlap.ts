import { vpnOf } from '../format/model/page.js';
import { VMA_KINDS } from '../format/model/vma-kind.js';
import type { Vma } from '../format/model/image.js';

/** Where a mapping before and one after are one object, or one range, at the same addresses. */
export interface Overlap {
  readonly before: PlacedVma;
  readonly after: PlacedVma;
  readonly startVpn: number;
  readonly endVpn: number;
}

/** A mapping, its place in page numbers, and what it meets in the other address space. */
export interface PlacedVma {
  readonly vma: Vma;
  readonly startVpn: number;
  readonly endVpn: number;
  /** Ascending. */
  readonly overlaps: Overlap[];
  /** The overlap by which the mapping is followed: same flags first, then most pages, then lowest. */
  main: Overlap | undefined;
}

export function placeVma(vma: Vma): PlacedVma {
  return { vma, startVpn: vpnOf(vma.vm_start), endVpn: vpnOf(vma.vm_end), overlaps: [], main: undefined };
}

/** Whether a page that the image does not hold reads as zero. */
export function isZeroBacked(vma: Vma): boolean {
  return VMA_KINDS[vma.kind].absent === 'zero' && !vma.uncaptured;
}

export function isSameRange(a: PlacedVma, b: PlacedVma): boolean {
  return a.startVpn === b.startVpn && a.endVpn === b.endVpn;
}

/** Whether an address in both means the same byte of one object: so do mappings that grow, shrink, split or merge. */
function isSameObject(a: Vma, b: Vma): boolean {
  if (a.name !== b.name) return false;
  if (isZeroBacked(a) && isZeroBacked(b)) return true;
  return a.kind === b.kind && a.vm_pgoff - b.vm_pgoff === BigInt(vpnOf(a.vm_start) - vpnOf(b.vm_start));
}

function keepsFlags(overlap: Overlap): boolean {
  return overlap.before.vma.vm_flags === overlap.after.vma.vm_flags;
}

function isCloser(overlap: Overlap, than: Overlap): boolean {
  const keeps = keepsFlags(overlap);
  if (keeps !== keepsFlags(than)) return keeps;
  return overlap.endVpn - overlap.startVpn > than.endVpn - than.startVpn;
}

function note(placed: PlacedVma, overlap: Overlap): void {
  placed.overlaps.push(overlap);
  if (placed.main === undefined || isCloser(overlap, placed.main)) placed.main = overlap;
}

/** Fills `overlaps` and `main` of both lists, each ascending. Linear in the number of mappings. */
export function findOverlaps(before: readonly PlacedVma[], after: readonly PlacedVma[]): void {
  let first = 0;
  for (const a of before) {
    while ((after[first]?.endVpn ?? Infinity) <= a.startVpn) first++;
    for (let i = first; i < after.length; i++) {
      const b = after[i];
      if (b === undefined || b.startVpn >= a.endVpn) break;
      if (!isSameRange(a, b) && !isSameObject(a.vma, b.vma)) continue;
      const startVpn = Math.max(a.startVpn, b.startVpn);
      const overlap = { before: a, after: b, startVpn, endVpn: Math.min(a.endVpn, b.endVpn) };
      note(a, overlap);
      note(b, overlap);
    }
  }
}

import { findOverlaps, isSameRange, isZeroBacked, placeVma } from './vma-overlap.js';
import { movedSegment, overlappingSegments, uncoveredSegments } from './vma-segment.js';
import type { Vma } from '../format/model/image.js';
import type { PlacedVma } from './vma-overlap.js';
import { bothSides, mapSides, onlyAfter, onlyBefore } from './sides.js';
import { queuesOf } from './pairing.js';
import type { Sides } from './sides.js';
import type { Segment } from './vma-segment.js';

/** What became of a mapping; several may hold at once. */
export const VMA_CHANGES = {
  added: 'mapped only after',
  removed: 'mapped only before',
  grown: 'covers addresses that it did not cover',
  shrunk: 'no longer covers addresses that it covered',
  moved: 'is at another address',
  split: 'came out of a mapping that lives on mainly in another one',
  merged: 'went into a mapping that is mainly another one',
  reprotected: 'has other flags or protection',
  renamed: 'has another name or kind',
  remapped: 'shows the same object from another offset',
} as const;

export type VmaChange = keyof typeof VMA_CHANGES;

/** A mapping before, what it is after, and which pages have to be compared for that. */
export type VmaRelation = Sides<Vma> & {
  /** Empty where nothing but contents may have changed. */
  readonly changes: readonly VmaChange[];
  /** Ascending. Every page of both address spaces is in exactly one segment of all relations. */
  readonly segments: readonly Segment[];
};

type PlacedRelation = Sides<PlacedVma> & { readonly changes: readonly VmaChange[] };

function identityChanges(a: Vma, b: Vma): VmaChange[] {
  const changes: VmaChange[] = [];
  if (a.vm_flags !== b.vm_flags || a.vm_page_prot !== b.vm_page_prot) changes.push('reprotected');
  if (a.kind !== b.kind || a.name !== b.name) changes.push('renamed');
  return changes;
}

function pairChanges(a: PlacedVma, b: PlacedVma): VmaChange[] {
  const changes: VmaChange[] = [];
  if (b.startVpn < a.startVpn || b.endVpn > a.endVpn) changes.push('grown');
  if (b.startVpn > a.startVpn || b.endVpn < a.endVpn) changes.push('shrunk');
  changes.push(...identityChanges(a.vma, b.vma));
  const isOtherOffset = isSameRange(a, b) && a.vma.vm_pgoff !== b.vma.vm_pgoff;
  if (isOtherOffset && a.vma.name === b.vma.name && !isZeroBacked(b.vma)) changes.push('remapped');
  return changes;
}

/** Follows mappings by address: pairs that choose each other, else a part that was split off or merged. */
function followOverlaps(before: readonly PlacedVma[], after: readonly PlacedVma[]): PlacedRelation[] {
  const relations: PlacedRelation[] = [];
  for (const b of after) {
    if (b.main === undefined) continue;
    const a = b.main.before;
    const isMutual = a.main === b.main;
    const changes = isMutual ? pairChanges(a, b) : ['split' as const, ...identityChanges(a.vma, b.vma)];
    relations.push({ ...bothSides(a, b), changes });
  }
  for (const a of before) {
    if (a.main === undefined || a.main.after.main === a.main) continue;
    const b = a.main.after;
    relations.push({ ...bothSides(a, b), changes: ['merged', ...identityChanges(a.vma, b.vma)] });
  }
  return relations;
}

/** What a mapping must keep to be known again at another address. */
function movingIdentity({ vma, startVpn, endVpn }: PlacedVma): string {
  const offset = isZeroBacked(vma) ? '' : vma.vm_pgoff;
  return [vma.kind, vma.vm_flags, offset, endVpn - startVpn, vma.name ?? ''].join(' ');
}

/** Follows the others by identity, in ascending order; who finds no partner was removed or added. */
function followIdentities(before: readonly PlacedVma[], after: readonly PlacedVma[]): PlacedRelation[] {
  const queues = queuesOf(after, movingIdentity);
  const followed = before.map((a): PlacedRelation => {
    const b = queues.get(movingIdentity(a))?.pop();
    if (b === undefined) return { ...onlyBefore(a), changes: ['removed'] };
    return { ...bothSides(a, b), changes: ['moved', ...identityChanges(a.vma, b.vma)] };
  });
  const left = [...queues.values()].flat();
  return [...followed, ...left.map((b): PlacedRelation => ({ ...onlyAfter(b), changes: ['added'] }))];
}

/** Shares out all pages: those in both go with the mapping after, those only before with the one before. */
function segmentsOf({ before, after, changes }: PlacedRelation): Segment[] {
  if (before !== undefined && after !== undefined && changes.includes('moved')) return [movedSegment(before, after)];
  const ofAfter = after === undefined || changes.includes('merged') ? [] : [after];
  const ofBefore = before === undefined || changes.includes('split') ? [] : [before];
  const segments = [
    ...ofAfter.flatMap(overlappingSegments),
    ...ofAfter.flatMap((placed) => uncoveredSegments(placed, 'after')),
    ...ofBefore.flatMap((placed) => uncoveredSegments(placed, 'before')),
  ];
  return segments.sort((x, y) => x.vpn - y.vpn);
}

function startOf({ before, after, changes }: PlacedRelation): number {
  return (changes.includes('merged') ? before : (after ?? before))?.startVpn ?? 0;
}

function hasNoOverlap(placed: PlacedVma): boolean {
  return placed.main === undefined;
}

/**
 * Relates the mappings of two address spaces: by address where they are one object or one range, else by identity
 * (kind, name, flags, offset unless anonymous, size).
 *
 * @param before  ascending and without overlap, as `after`
 * @returns       ascending by address; every mapping after is in one relation as itself, every mapping before in one
 *                as itself or as what became something else
 */
export function relateVmas(before: readonly Vma[], after: readonly Vma[]): VmaRelation[] {
  const [allBefore, allAfter] = [before.map(placeVma), after.map(placeVma)];
  findOverlaps(allBefore, allAfter);
  const relations = [
    ...followOverlaps(allBefore, allAfter),
    ...followIdentities(allBefore.filter(hasNoOverlap), allAfter.filter(hasNoOverlap)),
  ];
  relations.sort((x, y) => startOf(x) - startOf(y));
  return relations.map((relation) => ({
    ...mapSides<PlacedVma, Vma>(relation, ({ vma }) => vma),
    changes: relation.changes,
    segments: segmentsOf(relation),
  }));
}

import { pairByKeys } from '../pairing.js';
import { latestOf, type Presence } from '../sides.js';
import type { ImageDigest, SpaceDigest, TaskDigest, VmaDigest } from './digest.js';

/** A part in which two images differ, or that only one of them has. */
export type DigestDifference =
  /** What they say of machine and checkpoint. */
  | { readonly part: 'header' }
  /** A task, without its memory. */
  | { readonly part: 'task'; readonly pid: number; readonly presence: Presence }
  /** The address space of a task and its mappings, without their pages. */
  | { readonly part: 'memory'; readonly pid: number; readonly presence: Presence }
  /** The pages of a mapping. */
  | ({ readonly part: 'pages'; readonly pid: number; readonly presence: Presence } & Pick<VmaDigest, 'start' | 'end'>)
  /** Pages of the shared memory of this index that no mapping shows. */
  | { readonly part: 'hidden'; readonly index: number; readonly presence: Presence }
  /** Nothing but the order of tasks. */
  | { readonly part: 'order' };

function firstPid({ pids }: SpaceDigest): number {
  return pids[0] ?? 0;
}

function taskDifferences(a: readonly TaskDigest[], b: readonly TaskDigest[]): DigestDifference[] {
  return pairByKeys(a, b, [({ pid }) => String(pid)]).flatMap((sides) => {
    const { presence, before, after } = sides;
    if (before?.structure === after?.structure) return [];
    return [{ part: 'task', pid: latestOf(sides).pid, presence }];
  });
}

function pagesDifferences(pid: number, a: readonly VmaDigest[], b: readonly VmaDigest[]): DigestDifference[] {
  const range = ({ start, end }: VmaDigest): string => `${String(start)}-${String(end)}`;
  return pairByKeys(a, b, [range]).flatMap((sides) => {
    const { presence, before, after } = sides;
    const { start, end, pages } = latestOf(sides);
    // a mapping without pages is told with the memory
    const isSame = presence === 'both' ? before.digest === after.digest : pages === 0;
    return isSame ? [] : [{ part: 'pages', pid, start, end, presence }];
  });
}

function spaceDifferences(a: readonly SpaceDigest[], b: readonly SpaceDigest[]): DigestDifference[] {
  return pairByKeys(a, b, [(space) => String(firstPid(space))]).flatMap((sides) => {
    const { presence, before, after } = sides;
    const pid = firstPid(latestOf(sides));
    const differences: DigestDifference[] = [];
    if (before?.structure !== after?.structure) differences.push({ part: 'memory', pid, presence });
    return presence === 'both' ? [...differences, ...pagesDifferences(pid, before.vmas, after.vmas)] : differences;
  });
}

function hiddenDifferences({ hidden: a }: ImageDigest, { hidden: b }: ImageDigest): DigestDifference[] {
  const count = Math.max(a.length, b.length);
  return Array.from({ length: count }, (_, index) => index).flatMap((index) => {
    const [before, after] = [a[index], b[index]];
    if (before?.digest === after?.digest) return [];
    const presence = !before ? 'added' : !after ? 'removed' : 'both';
    return [{ part: 'hidden', index, presence }];
  });
}

/** Where two images differ, as far as their digests tell; empty for images of equal state. */
export function compareDigests(before: ImageDigest, after: ImageDigest): DigestDifference[] {
  if (before.id === after.id) return [];
  const differences: DigestDifference[] = [
    ...(before.header === after.header ? [] : [{ part: 'header' } as const]),
    ...taskDifferences(before.tasks, after.tasks),
    ...spaceDifferences(before.spaces, after.spaces),
    ...hiddenDifferences(before, after),
  ];
  return differences.length > 0 ? differences : [{ part: 'order' }];
}

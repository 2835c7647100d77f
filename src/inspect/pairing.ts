import { bothSides, onlyAfter, onlyBefore } from './sides.js';
import type { Sides } from './sides.js';

interface Pairing<T> {
  readonly pairs: readonly (Sides<T> & { readonly presence: 'both' })[];
  readonly removed: readonly T[];
  readonly added: readonly T[];
}

/** Items by key; each queue gives its first item to `pop`. */
export function queuesOf<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const queues = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const queue = queues.get(key);
    if (queue === undefined) queues.set(key, [item]);
    else queue.push(item);
  }
  for (const queue of queues.values()) queue.reverse();
  return queues;
}

function pairOnce<T>(before: readonly T[], after: readonly T[], keyOf: (item: T) => string): Pairing<T> {
  const queues = queuesOf(after, keyOf);
  const pairs: (Sides<T> & { readonly presence: 'both' })[] = [];
  const removed: T[] = [];
  for (const item of before) {
    const partner = queues.get(keyOf(item))?.pop();
    if (partner === undefined) removed.push(item);
    else pairs.push(bothSides(item, partner));
  }
  const taken = new Set(pairs.map(({ after: partner }) => partner));
  return { pairs, removed, added: after.filter((item) => !taken.has(item)) };
}

/**
 * Pairs items of equal key, in order; what one key leaves over is tried with the next.
 *
 * @returns  pairs, then what is only in `before`, then what is only in `after`
 */
export function pairByKeys<T>(
  before: readonly T[],
  after: readonly T[],
  keys: readonly ((item: T) => string)[],
): Sides<T>[] {
  let result: Pairing<T> = { pairs: [], removed: before, added: after };
  for (const keyOf of keys) {
    const next = pairOnce(result.removed, result.added, keyOf);
    result = { ...next, pairs: [...result.pairs, ...next.pairs] };
  }
  return [...result.pairs, ...result.removed.map(onlyBefore), ...result.added.map(onlyAfter)];
}

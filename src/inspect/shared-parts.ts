import { latestOf } from './sides.js';
import type { Task } from '../format/model/image.js';
import type { Sides } from './sides.js';

const NOT_THERE = '-';

/**
 * For each pair of tasks the pid of the first one with the same part, before and after: what is compared there needs no
 * second comparison. `null` where there is none. A task that is on one side only has the part of any that has it there.
 */
export function sharedParts(
  tasks: readonly Sides<Task>[],
  partOf: (task: Task) => object | undefined,
): (number | null)[] {
  const numbers = new Map<object, string>();
  const numberOf = (task: Task | undefined): string => {
    const part = task && partOf(task);
    if (part === undefined) return NOT_THERE;
    const number = numbers.get(part) ?? String(numbers.size);
    numbers.set(part, number);
    return number;
  };
  const first = new Map<string, number>();
  return tasks.map((sides) => {
    const [before, after] = [numberOf(sides.before), numberOf(sides.after)];
    if (before === NOT_THERE && after === NOT_THERE) return null;
    const earlier = first.get(`${before} ${after}`) ?? null;
    for (const key of [`${before} ${after}`, `${before} ${NOT_THERE}`, `${NOT_THERE} ${after}`]) {
      if (!first.has(key)) first.set(key, latestOf<Task>(sides).pid);
    }
    return earlier;
  });
}

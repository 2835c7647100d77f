/** Most that the structure of an image may take in memory, unless told otherwise. */
export const DEFAULT_BUDGET_BYTES = 2 ** 30;

/** How many items to read before looking at the signal. */
const ITEMS_PER_CHECK = 1024;

/** Takes a walk to its end, waits where it waits, and returns what it found. The items themselves are dropped. */
export async function walkToEnd<T>(walk: Generator<unknown, T>, signal: AbortSignal | undefined): Promise<T> {
  for (let items = 1; ; items++) {
    const step = walk.next();
    if (step.done) return step.value;
    if (step.value instanceof Promise) {
      await step.value;
      signal?.throwIfAborted();
    }
    if (items % ITEMS_PER_CHECK === 0) signal?.throwIfAborted();
  }
}

import type { Loss } from '../../model/image.js';

/** Says that something of an image does not go over. `bytes` is 0 for a fact without a size. */
export type Lose = (path: string, what: string, why: string, bytes?: number) => void;

/** So many losses of the same words are told as one. */
const MANY = 8;

/** Collects losses. */
export class LossList {
  readonly #revision: string;
  /** By their words; a group grows without an upper limit, but what it holds does not. */
  readonly #groups = new Map<string, { readonly first: Loss[]; count: number; bytes: number }>();

  /** @param revision  its name, which every reason begins with */
  constructor(revision: string) {
    this.#revision = revision;
  }

  readonly lose: Lose = (path, what, why, bytes = 0) => {
    const key = `${what}\n${why}`;
    const group = this.#groups.get(key) ?? { first: [], count: 0, bytes: 0 };
    this.#groups.set(key, group);
    if (group.count < MANY) group.first.push({ path, what, why: `${this.#revision} ${why}`, bytes });
    group.count++;
    group.bytes += bytes;
  };

  /** All of them; of many with the same words the first, with how many there are. */
  take(): Loss[] {
    return [...this.#groups.values()].flatMap(({ first, count, bytes }) => {
      const [loss] = first;
      if (!loss || count < MANY) return first;
      return [{ ...loss, what: `${loss.what}, ${String(count)} times`, bytes }];
    });
  }
}

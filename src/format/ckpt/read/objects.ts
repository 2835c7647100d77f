import type { ObjectName } from '../tables/names.js';

interface KnownObject {
  readonly object: ObjectName;
  isComplete: boolean;
}

/** What is known of the object numbers of a stream. Source: spec/cr-stream.md 7.3. */
export class ObjectTable {
  readonly #objects = new Map<number, KnownObject>();

  /** False where the number is taken. */
  open(id: number, object: ObjectName): boolean {
    if (this.#objects.has(id)) return false;
    this.#objects.set(id, { object, isComplete: false });
    return true;
  }

  /** The section of the object ends here. */
  close(id: number): void {
    const known = this.#objects.get(id);
    if (known) known.isComplete = true;
  }

  /** Why a number cannot refer to an object of this kind that was read already; undefined when it can. */
  objection(id: number, object: ObjectName): string | undefined {
    const known = this.#objects.get(id);
    if (!known) return 'no object';
    if (known.object !== object) return `of a ${known.object} object`;
    return known.isComplete ? undefined : `of a ${object} object that is still being read`;
  }
}

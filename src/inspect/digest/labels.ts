import type { Plain } from './bencode.js';

/** Part of an image that labels are counted in: 0 the header, 1 the first task. */
type Scope = number;

/**
 * Names for what stands in more than one place. An object is described where it is met first, and is `{same: [scope, n]}`
 * from then on: the n-th that was described in that scope. So no number of the image matters, and one object more in a
 * task changes nothing in the others.
 */
export class Labels {
  #scope: Scope = 0;
  #described = 0;
  #named = 0;
  readonly #objects = new Map<object, Plain>();
  readonly #numbers = new Map<number | string, Plain>();

  /** From now on things are first met in the next task. */
  enterTask(): void {
    this.#scope++;
    this.#described = 0;
    this.#named = 0;
  }

  /** The description of an object that is met first, else where it was. */
  once(object: object, describe: () => Plain): Plain {
    const known = this.#objects.get(object);
    if (known !== undefined) return { same: known };
    this.#objects.set(object, [this.#scope, this.#described++]);
    return describe();
  }

  /** What stands for an object number of the image; 0 and below are none. */
  number(id: number | string): Plain {
    if (typeof id === 'number' && id <= 0) return id;
    const known = this.#numbers.get(id);
    if (known !== undefined) return known;
    const label = [this.#scope, this.#named++];
    this.#numbers.set(id, label);
    return label;
  }
}

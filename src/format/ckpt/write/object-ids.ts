import type { Image, OpenFile, Task } from '../../model/image.js';
import type { KernelFields, KernelItem } from '../../model/kernel-state.js';
import { pidObjectsOf } from './pid-objects.js';
import type { CkptRevision } from '../tables/revision.js';

const REFERENCE = /ref$/;

/**
 * Gives objects their numbers: those that they have, as far as they are positive and nothing else has them, all moved
 * up alike where pid objects need the lowest; the others get numbers above.
 * Source: spec/cr-stream.md 7.3.
 */
export class ObjectIds {
  /** What every number of the given image is moved up by. */
  readonly #shift: number;
  /** Numbers, before they are moved, that kernel records hold. */
  readonly #ofKernelObjects: ReadonlySet<number>;
  readonly #taken = new Set<number>();
  #highest: number;

  constructor(image: Image, revision: CkptRevision) {
    const found = numbersIn(image);
    const pidCount = revision.pidObjects ? pidObjectsOf(image.tasks).objects.length : 0;
    const lowest = found.all.reduce((low, id) => Math.min(low, id), Infinity);
    this.#shift = lowest <= pidCount ? pidCount : 0;
    this.#ofKernelObjects = found.ofKernelObjects;
    this.#highest = found.all.reduce((high, id) => Math.max(high, id), 0) + Math.max(this.#shift, pidCount);
  }

  /** The number that stands for a number of the given image; 0 and below stay. */
  moved(id: number): number {
    return id > 0 ? id + this.#shift : id;
  }

  /** A number that nothing has. */
  fresh(): number {
    this.#highest++;
    return this.#highest;
  }

  /** The number of an object that is not one of the kernel records; called once for each. */
  claim(id: number | undefined): number {
    if (id === undefined || id <= 0 || this.#taken.has(id) || this.#ofKernelObjects.has(id)) return this.fresh();
    this.#taken.add(id);
    return this.moved(id);
  }
}

/** The highest number that anything in an image has; 0 if nothing has one. */
export function highestNumber(image: Image): number {
  return numbersIn(image).all.reduce((high, id) => Math.max(high, id), 0);
}

interface Numbers {
  readonly all: number[];
  readonly ofKernelObjects: Set<number>;
}

function numbersIn(image: Image): Numbers {
  const numbers: Numbers = { all: [], ofKernelObjects: new Set() };
  for (const task of image.tasks) addTask(numbers, task);
  return { ...numbers, all: numbers.all.filter((id) => id > 0) };
}

function addTask(numbers: Numbers, { mm, files, threads }: Task): void {
  const { all } = numbers;
  for (const { kernel } of threads) for (const items of Object.values(kernel?.sections ?? {})) addItems(numbers, items);
  for (const { file } of files) addFile(numbers, file);
  if (!mm) return;
  all.push(mm.id ?? 0, mm.exe?.id ?? 0);
  for (const { shared, file } of mm.vmas) {
    all.push(shared?.id ?? 0);
    if (file) addFile(numbers, file);
  }
}

function addFile(numbers: Numbers, { id, kernel }: OpenFile): void {
  numbers.all.push(id ?? 0);
  if (!kernel) return;
  addItems(numbers, kernel.before);
  addItems(numbers, kernel.after);
  addFields(numbers, kernel.fields);
}

function addItems(numbers: Numbers, items: readonly KernelItem[]): void {
  for (const item of items) {
    if (item.kind === 'memory') numbers.all.push(item.memory.id ?? 0);
    else if (item.kind === 'object') {
      numbers.all.push(item.id);
      // a file that others refer to is that file wherever it stands
      if (item.object !== 'FILE') numbers.ofKernelObjects.add(item.id);
    } else for (const fields of [item.fields, ...item.elements]) addFields(numbers, fields);
  }
}

function addFields({ all }: Numbers, fields: KernelFields): void {
  for (const [name, value] of Object.entries(fields))
    if (typeof value === 'number' && REFERENCE.test(name)) all.push(value);
}

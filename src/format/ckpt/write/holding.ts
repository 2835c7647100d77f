import type { Image } from '../../model/image.js';
import type { Lose } from '../../linux-cr/losses.js';
import type { ObjectIds } from './object-ids.js';
import type { CkptRevision } from '../tables/revision.js';

/** An object of the kernel records. */
export interface BroughtObject {
  readonly object: string;
  /** Which of all threads of the image it stands with first. */
  readonly thread: number;
}

/** What the parts of `heldByCkpt` share while one image is being looked at. */
export interface Holding {
  readonly image: Image;
  readonly revision: CkptRevision;
  /** What the image was read from, where that is a ckpt stream. */
  readonly source: CkptRevision | undefined;
  readonly wordBytes: 4 | 8;
  readonly lose: Lose;
  readonly ids: ObjectIds;
  /** Kernel objects of the given image that do not go over; references to them become 0. */
  readonly lostObjects: ReadonlySet<number>;
  /** What each number of the kernel records stands for; behind damage a reference may have lost its object. */
  readonly kernelObjects: ReadonlyMap<number, BroughtObject>;
  /** Which of all threads of the image is being looked at. */
  readonly progress: { thread: number };
}

import { Labels } from './labels.js';
import { referencedNumbers } from './references.js';
import { kernelItemsIn, sharedMemoryIn, type MappedVma } from '../shared-memory.js';
import type { Plain } from './bencode.js';
import type { Image } from '../../format/model/image.js';
import type { SharedMemory } from '../../format/model/shared-memory.js';

/** What the parts of one walk over the structure of an image have in common. */
export interface Walk {
  readonly labels: Labels;
  /** Object numbers that kernel records refer to; no other number of an object says anything. */
  readonly referenced: ReadonlySet<number>;
  /** All shared memory and who shows it. */
  readonly users: ReadonlyMap<SharedMemory, readonly MappedVma[]>;
  /** Shared memory that kernel records hold. */
  readonly segments: ReadonlySet<SharedMemory>;
  /** Shared memory in the order in which it is described. */
  readonly described: SharedMemory[];
}

export function startWalk(image: Image): Walk {
  const segments = kernelItemsIn(image).flatMap((item) => (item.kind === 'memory' ? [item.memory] : []));
  return {
    labels: new Labels(),
    referenced: referencedNumbers(image),
    users: sharedMemoryIn(image),
    segments: new Set(segments),
    described: [],
  };
}

/** The label of an object that some record refers to; nothing for one that none does. */
export function labelIfReferenced({ labels, referenced }: Walk, id: number | undefined): Plain | undefined {
  return id !== undefined && id > 0 && referenced.has(id) ? labels.number(id) : undefined;
}

import type { FormatError } from '../errors.js';

export interface ReadImageOptions {
  /** Most that the image's structure may take in memory, in bytes. Default 1 GiB: 50 million page runs. */
  readonly budgetBytes?: number;
  readonly signal?: AbortSignal | undefined;
  /**
   * Called for everything that is wrong, in the order of the stream. Reading then goes on as far as it can, and the image
   * holds what can be proved. Default: the first such thing is thrown.
   */
  readonly onFault?: ((fault: FormatError) => void) | undefined;
  /** What mappings of type 9 are in ckpt streams: two proposals took the number. Default what the revision says. */
  readonly vmaType9?: 'hugetlb' | 'device' | undefined;
}

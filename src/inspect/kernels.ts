import type { Kernel } from '../format/bytes/crew.js';
import { CHUNK_DIGESTS } from './chunk-digest-kernel.js';
import { COMPARE_PAGES } from './compare-kernel.js';
import { SEARCH_KERNEL } from './search/kernel.js';
import { WHY_KERNEL } from './why-kernel.js';

/** All work on bytes that threads can be given. */
export const KERNELS: readonly Kernel<never, unknown>[] = [COMPARE_PAGES, CHUNK_DIGESTS, SEARCH_KERNEL, WHY_KERNEL];

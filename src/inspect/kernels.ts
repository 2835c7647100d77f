import type { Kernel } from '../format/bytes/crew.js';
import { SEARCH_KERNEL } from './search/kernel.js';

/** All work on bytes that threads can be given. */
export const KERNELS: readonly Kernel<never, unknown>[] = [SEARCH_KERNEL];

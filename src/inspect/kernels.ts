import type { Kernel } from '../format/bytes/crew.js';

/** All work on bytes that threads can be given. */
export const KERNELS: readonly Kernel<never, unknown>[] = [];

import type { Kernel } from '../format/bytes/crew.js';
import { WHY_KERNEL } from './why-kernel.js';

/** All work on bytes that threads can be given. */
export const KERNELS: readonly Kernel<never, unknown>[] = [WHY_KERNEL];

import type { BulkTask } from '../format/bytes/crew.js';
import type { Shortage } from '../format/bytes/read-plan.js';
import type { ThrownError } from './thrown-error.js';

/** What a thread is told to do. */
export interface Order {
  readonly id: number;
  readonly kernel: string;
  /** The descriptors of the sources, by their number. */
  readonly descriptors: readonly number[];
  readonly task: BulkTask<unknown>;
  /** One word; not 0 from when nobody wants the result any more. */
  readonly cancelled: Int32Array;
}

/** Why there is no result. */
export type Failure =
  | { readonly kind: 'short'; readonly source: number; readonly shortage: Shortage }
  | { readonly kind: 'read'; readonly source: number; readonly offset: number; readonly error: ThrownError }
  | { readonly kind: 'thrown'; readonly error: ThrownError }
  | { readonly kind: 'cancelled' };

/** What a thread answers. */
export type Answer =
  | { readonly id: number; readonly result: unknown; readonly failure?: undefined }
  | { readonly id: number; readonly failure: Failure };

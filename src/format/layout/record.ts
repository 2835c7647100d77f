import type { JsonValue } from './unit.js';

/** One piece of a stream in words that no format owns: for listings and JSON. */
export interface RecordDescription {
  /** Where it starts: at its header, or at its first byte where it has none. */
  readonly offset: number;
  /** Bytes, header included. */
  readonly length: number;
  /** Number of the record; null for bytes without a header. */
  readonly type: number | null;
  readonly name: string;
  /** Such as `task[0].mm.vma[3].pgarr[1]`. */
  readonly path: string;
  readonly fields: Readonly<Record<string, JsonValue>>;
}

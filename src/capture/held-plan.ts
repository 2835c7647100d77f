import { PAGE_BYTES } from '../format/model/page.js';
import type { PageRuns } from '../format/model/page-runs.js';

/** Memory is held in pieces of this size: larger buffers are not to be had everywhere. */
export const SLAB_BYTES = 256 * 1024 * 1024;
/** What a thread reads before it looks for the next; also the longest single read. */
const UNIT_BYTES = 8 * 1024 * 1024;
/** Of short runs a unit has at most this many. */
const UNIT_PIECES = 4096;

/** Where contents go: pieces in ascending order of their place, held one behind the other. Columns are shared. */
export interface HeldPlan {
  readonly count: number;
  /** In bytes. */
  readonly offset: Float64Array;
  readonly length: Float64Array;
  /** Where each piece lies in what is held; none reaches over the end of a slab. */
  readonly at: Float64Array;
  /** For each unit of work the first piece behind it. */
  readonly unitEnd: Float64Array;
  readonly totalBytes: number;
}

function shared(values: readonly number[]): Float64Array {
  const column = new Float64Array(new SharedArrayBuffer(values.length * Float64Array.BYTES_PER_ELEMENT));
  column.set(values);
  return column;
}

/** Collects pieces and closes units. */
class PlanBuilder {
  readonly #offset: number[] = [];
  readonly #length: number[] = [];
  readonly #at: number[] = [];
  readonly #unitEnd: number[] = [];
  #unitStart = 0;
  #unitBytes = 0;
  #total = 0;

  add(offset: number, bytes: number): void {
    for (let done = 0; done < bytes;) {
      const room = SLAB_BYTES - (this.#total % SLAB_BYTES);
      const length = Math.min(bytes - done, room, UNIT_BYTES - this.#unitBytes);
      this.#offset.push(offset + done);
      this.#length.push(length);
      this.#at.push(this.#total);
      this.#total += length;
      this.#unitBytes += length;
      done += length;
      if (this.#unitBytes === UNIT_BYTES || this.#offset.length - this.#unitStart === UNIT_PIECES) this.#closeUnit();
    }
  }

  take(): HeldPlan {
    if (this.#unitBytes > 0) this.#closeUnit();
    return {
      count: this.#offset.length,
      offset: shared(this.#offset),
      length: shared(this.#length),
      at: shared(this.#at),
      unitEnd: shared(this.#unitEnd),
      totalBytes: this.#total,
    };
  }

  #closeUnit(): void {
    this.#unitStart = this.#offset.length;
    this.#unitEnd.push(this.#unitStart);
    this.#unitBytes = 0;
  }
}

/** Plans to hold all pages of these runs, whose offsets ascend over all of them. */
export function planHolding(all: Iterable<PageRuns>): HeldPlan {
  const builder = new PlanBuilder();
  for (const runs of all)
    for (let run = 0; run < runs.count; run++)
      builder.add(runs.offset[run] ?? 0, (runs.nrPages[run] ?? 0) * PAGE_BYTES);
  return builder.take();
}

/** The bytes of `length` from `at` in what is held. */
export function heldPart(slabs: readonly Uint8Array[], at: number, length: number): Uint8Array {
  const start = at % SLAB_BYTES;
  return (slabs[Math.floor(at / SLAB_BYTES)] ?? new Uint8Array(0)).subarray(start, start + length);
}

/** The last piece that starts at or below an offset; -1 for none. */
export function pieceAt(plan: HeldPlan, offset: number): number {
  let low = 0;
  let high = plan.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((plan.offset[middle] ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

import { readExactly, type ByteSource } from '../format/bytes/source.js';
import { PAGE_BYTES } from '../format/model/page.js';

/** Parts smaller than this are read with their neighbours in the source, and then put into their places. */
const SMALL_BYTES = 64 * 1024;
const SCRATCH_BYTES = 1024 * 1024;
/** After so many bytes the signal is looked at. */
const PIECE_BYTES = 64 * 1024 * 1024;
const FIRST_CAPACITY = 8;

/** What is to be read into one buffer, in columns, in the order of their places; what no part fills are zeros. */
export interface SpaceReads {
  readonly sources: readonly ByteSource[];
  readonly count: number;
  /** Index in the list of sources. */
  readonly source: Uint32Array;
  /** Place in the buffer. */
  readonly at: Float64Array;
  readonly offset: Float64Array;
  readonly length: Float64Array;
}

/** Collects parts in the order of their places and merges those that touch in the buffer and in the source. */
export class SpaceReadsBuilder implements SpaceReads {
  readonly sources: ByteSource[] = [];
  count = 0;
  source = new Uint32Array(FIRST_CAPACITY);
  at = new Float64Array(FIRST_CAPACITY);
  offset = new Float64Array(FIRST_CAPACITY);
  length = new Float64Array(FIRST_CAPACITY);

  add(from: ByteSource, at: number, offset: number, length: number): void {
    const source = this.#indexOf(from);
    const last = this.count - 1;
    if (last >= 0 && this.source[last] === source) {
      const before = this.length[last] ?? 0;
      if ((this.at[last] ?? 0) + before === at && (this.offset[last] ?? 0) + before === offset) {
        this.length[last] = before + length;
        return;
      }
    }
    if (this.count === this.at.length) this.#grow();
    this.source[this.count] = source;
    this.at[this.count] = at;
    this.offset[this.count] = offset;
    this.length[this.count] = length;
    this.count++;
  }

  #indexOf(from: ByteSource): number {
    const known = this.sources.indexOf(from);
    return known >= 0 ? known : this.sources.push(from) - 1;
  }

  #grow(): void {
    const capacity = this.at.length * 2;
    const larger = (column: Float64Array): Float64Array<ArrayBuffer> => {
      const copy = new Float64Array(capacity);
      copy.set(column);
      return copy;
    };
    const source = new Uint32Array(capacity);
    source.set(this.source);
    this.source = source;
    this.at = larger(this.at);
    this.offset = larger(this.offset);
    this.length = larger(this.length);
  }
}

/** Index behind the parts from `first` on that one read gets: small ones that touch, or nearly, in the source. */
function groupEnd(reads: SpaceReads, first: number): number {
  const isSmall = (part: number): boolean => (reads.length[part] ?? Infinity) < SMALL_BYTES;
  const start = reads.offset[first] ?? 0;
  let end = start + (reads.length[first] ?? 0);
  let next = first + 1;
  if (!isSmall(first)) return next;
  for (; next < reads.count && isSmall(next) && reads.source[next] === reads.source[first]; next++) {
    const offset = reads.offset[next] ?? 0;
    const nextEnd = offset + (reads.length[next] ?? 0);
    // a gap of a page may be memory of a process that must not be touched
    if (offset < end || offset - end >= PAGE_BYTES || nextEnd - start > SCRATCH_BYTES) break;
    end = nextEnd;
  }
  return next;
}

async function readLong(
  source: ByteSource,
  offset: number,
  into: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let done = 0; done < into.length; done += PIECE_BYTES) {
    signal?.throwIfAborted();
    await readExactly(source, offset + done, into.subarray(done, done + PIECE_BYTES), 'page contents');
  }
}

/**
 * Fills `into` with what was planned.
 *
 * @throws {FormatError} `TRUNCATED`; the reason of the signal
 */
export async function readPlanned(reads: SpaceReads, into: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
  let scratch: Uint8Array | undefined;
  let filled = 0;
  for (let first = 0, end = 0; first < reads.count; first = end) {
    end = groupEnd(reads, first);
    const source = reads.sources[reads.source[first] ?? 0];
    if (source === undefined) break;
    const [offset, last] = [reads.offset[first] ?? 0, end - 1];
    const length = (reads.offset[last] ?? 0) + (reads.length[last] ?? 0) - offset;
    const isAlone = end - first === 1;
    const at = reads.at[first] ?? 0;
    const target = isAlone
      ? into.subarray(at, at + length)
      : (scratch ??= new Uint8Array(SCRATCH_BYTES)).subarray(0, length);
    await readLong(source, offset, target, signal);
    filled = isAlone ? fillUpTo(into, filled, at) + length : scatter(reads, first, end, target, into, filled);
  }
  into.fill(0, filled);
}

function fillUpTo(into: Uint8Array, filled: number, at: number): number {
  if (at > filled) into.fill(0, filled, at);
  return at;
}

/** Copies the parts `[first, end)` from where they were read together; returns how far `into` is filled then. */
function scatter(
  reads: SpaceReads,
  first: number,
  end: number,
  scratch: Uint8Array,
  into: Uint8Array,
  filled: number,
): number {
  const start = reads.offset[first] ?? 0;
  for (let part = first; part < end; part++) {
    const from = (reads.offset[part] ?? 0) - start;
    const at = fillUpTo(into, filled, reads.at[part] ?? 0);
    const length = reads.length[part] ?? 0;
    into.set(scratch.subarray(from, from + length), at);
    filled = at + length;
  }
  return filled;
}

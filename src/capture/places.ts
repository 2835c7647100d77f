/** Where contents lie, in columns that threads share: stretches of files, one behind the other. In bytes. */
export interface Places {
  readonly count: number;
  /** Where each ends in the contents; it begins where the one before ends. */
  readonly end: Float64Array;
  /** What is to be added to a place in the contents for the offset in the file. */
  readonly shift: Float64Array;
  /** Of the file, `NO_DESCRIPTOR` where only its owner can read it. */
  readonly descriptor: Int32Array;
}

export const NO_DESCRIPTOR = -1;

/** A stretch of a file and where it lies. */
export interface Place {
  readonly end: number;
  readonly shift: number;
  readonly descriptor: number | undefined;
}

function sharedBytes(count: number, elementBytes: number): SharedArrayBuffer {
  return new SharedArrayBuffer(count * elementBytes);
}

/** @param all  ascending, without gaps from 0 on */
export function placesOf(all: readonly Place[]): Places {
  const count = all.length;
  const end = new Float64Array(sharedBytes(count, Float64Array.BYTES_PER_ELEMENT));
  const shift = new Float64Array(sharedBytes(count, Float64Array.BYTES_PER_ELEMENT));
  const descriptor = new Int32Array(sharedBytes(count, Int32Array.BYTES_PER_ELEMENT));
  all.forEach((place, i) => {
    end[i] = place.end;
    shift[i] = place.shift;
    descriptor[i] = place.descriptor ?? NO_DESCRIPTOR;
  });
  return { count, end, shift, descriptor };
}

/** The first stretch that ends behind an offset; `count` behind the last. */
export function placeAt({ count, end }: Pick<Places, 'count' | 'end'>, offset: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((end[middle] ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

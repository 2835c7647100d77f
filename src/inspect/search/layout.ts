/**
 * What lies where in the bytes of a piece: neighbours in memory are neighbours there. Pages that are held are read, one range
 * behind the other; between them are zeros. Columns ascend.
 */
export interface Layout {
  readonly totalBytes: number;
  /** Matches begin in `[from, ownedEnd)`; what is around belongs to other pieces. */
  readonly from: number;
  readonly ownedEnd: number;
  /** What is read: where it goes, and how long it is. */
  readonly partAt: Uint32Array;
  readonly partBytes: Uint32Array;
  /** Where each stretch of memory begins that is no neighbour of the one before. */
  readonly segmentAt: Uint32Array;
  /** Its first byte's place in the page. */
  readonly segmentByte: Uint32Array;
}

/** Where segment `index` ends. */
export function segmentEnd({ segmentAt, totalBytes }: Layout, index: number): number {
  return segmentAt[index + 1] ?? totalBytes;
}

/** The bytes of a piece, from the ranges that were read. A copy only where there are zeros between them. */
export function layOut({ totalBytes, partAt, partBytes }: Layout, read: Uint8Array): Uint8Array {
  if (read.length === totalBytes) return read;
  const bytes = new Uint8Array(totalBytes);
  let start = 0;
  for (let i = 0; i < partAt.length; i++) {
    const end = start + (partBytes[i] ?? 0);
    bytes.set(read.subarray(start, end), partAt[i]);
    start = end;
  }
  return bytes;
}

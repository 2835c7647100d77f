/** Buffers on their way to the disk: while one is filled, the others are written. */
export const RING_SLOTS = 8;
/** Enough for what a `BufferedWriter` takes. */
const SLOT_BYTES = 1152 * 1024;

/** Words that both threads look at. */
export const WORD = {
  /** Buffers handed over so far. Waited for by the writing thread. */
  given: 0,
  /** Buffers written so far. Waited for by the filling thread. */
  written: 1,
  /** A `WRITER_STATE`. */
  state: 2,
  /** The descriptor of the file. */
  fd: 3,
} as const;

export const WRITER_STATE = { starting: 0, ready: 1, failed: 2 } as const;

/** What two threads share to write a file: buffer n of all handed over lies in slot `n % RING_SLOTS`. */
export interface WriteRing {
  readonly words: Int32Array;
  readonly slots: readonly Uint8Array[];
  /** Of the part of each slot that is to be written: its place in the slot, its length, its place in the file. */
  readonly start: Float64Array;
  readonly length: Float64Array;
  readonly position: Float64Array;
}

function sharedColumn(): Float64Array {
  return new Float64Array(new SharedArrayBuffer(RING_SLOTS * Float64Array.BYTES_PER_ELEMENT));
}

export function makeRing(): WriteRing {
  const words = Object.keys(WORD).length;
  return {
    words: new Int32Array(new SharedArrayBuffer(words * Int32Array.BYTES_PER_ELEMENT)),
    slots: Array.from({ length: RING_SLOTS }, () => new Uint8Array(new SharedArrayBuffer(SLOT_BYTES))),
    start: sharedColumn(),
    length: sharedColumn(),
    position: sharedColumn(),
  };
}

/** The bytes of buffer number `count` and their place in the file. */
export function slotPart(ring: WriteRing, count: number): { readonly bytes: Uint8Array; readonly position: number } {
  const slot = count % RING_SLOTS;
  const start = ring.start[slot] ?? 0;
  const bytes = (ring.slots[slot] ?? new Uint8Array(0)).subarray(start, start + (ring.length[slot] ?? 0));
  return { bytes, position: ring.position[slot] ?? 0 };
}

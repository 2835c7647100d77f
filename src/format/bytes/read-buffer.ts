/**
 * Where contents start in a buffer. Large allocations begin 16 bytes into a page; the kernel copies whole pages to such a
 * place, or to one within 32 bytes of it, four times slower than to any other.
 */
export const LEAD_BYTES = 512;

/** Buffers that grow to what was wanted most and are used again and again. */
export class ReadBuffers {
  readonly #buffers: Uint8Array[] = [];

  /** Buffer number `index` with room for `length` bytes, which hold anything. */
  take(index: number, length: number): Uint8Array {
    let buffer = this.#buffers[index];
    if (buffer === undefined || buffer.length < LEAD_BYTES + length) {
      buffer = new Uint8Array(LEAD_BYTES + length);
      this.#buffers[index] = buffer;
    }
    return buffer.subarray(LEAD_BYTES, LEAD_BYTES + length);
  }
}

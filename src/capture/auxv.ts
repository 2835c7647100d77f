const PAIR_BYTES = 16;
/** AT_PHENT, the size of a program header: 56 bytes in 64-bit programs. */
const AT_PHENT = 4n;
const PHENT_64 = 56n;

/** Whether /proc/PID/auxv is that of a 64-bit program: only then its pairs of u64 make sense. */
export function is64Bit(auxv: Uint8Array): boolean {
  const view = new DataView(auxv.buffer, auxv.byteOffset, auxv.length);
  for (let offset = 0; offset + PAIR_BYTES <= auxv.length; offset += PAIR_BYTES) {
    if (view.getBigUint64(offset, true) === AT_PHENT) return view.getBigUint64(offset + 8, true) === PHENT_64;
  }
  return false;
}

/** A decoded x86 segment descriptor, from an LDT or a TLS array. Source: Intel SDM volume 3, 3.4.5. */
export interface SegmentDescriptor {
  /** Linear address of the segment's first byte. */
  readonly base: number;
  /** The limit as stored: in bytes, or in pages where `isPageGranular`. */
  readonly limit: number;
  /** Four type bits: accessed, writable or readable, expand-down or conforming, code. */
  readonly type: number;
  /** True for code and data, false for system descriptors. */
  readonly isCodeOrData: boolean;
  /** Privilege level, 0 to 3. */
  readonly dpl: number;
  readonly isPresent: boolean;
  readonly isAvailable: boolean;
  readonly isLong: boolean;
  readonly is32Bit: boolean;
  readonly isPageGranular: boolean;
}

export const DESCRIPTOR_BYTES = 8;

/** Decodes the 8-byte descriptor at `offset`. */
export function decodeDescriptor(bytes: Uint8Array, offset: number): SegmentDescriptor {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, DESCRIPTOR_BYTES);
  const low = view.getUint32(0, true);
  const high = view.getUint32(4, true);
  const bit = (n: number): boolean => ((high >>> n) & 1) === 1;
  return {
    base: ((high & 0xff00_0000) | ((high & 0xff) << 16) | (low >>> 16)) >>> 0,
    limit: (high & 0xf_0000) | (low & 0xffff),
    type: (high >>> 8) & 0xf,
    isCodeOrData: bit(12),
    dpl: (high >>> 13) & 3,
    isPresent: bit(15),
    isAvailable: bit(20),
    isLong: bit(21),
    is32Bit: bit(22),
    isPageGranular: bit(23),
  };
}

/** The 8 bytes of a descriptor; the inverse of `decodeDescriptor`. */
export function encodeDescriptor(descriptor: SegmentDescriptor): Uint8Array {
  const bit = (isSet: boolean, n: number): number => (isSet ? 1 << n : 0);
  const low = ((descriptor.base & 0xffff) << 16) | (descriptor.limit & 0xffff);
  const high =
    (descriptor.base & 0xff00_0000) |
    ((descriptor.base >>> 16) & 0xff) |
    (descriptor.limit & 0xf_0000) |
    (descriptor.type << 8) |
    (descriptor.dpl << 13) |
    bit(descriptor.isCodeOrData, 12) |
    bit(descriptor.isPresent, 15) |
    bit(descriptor.isAvailable, 20) |
    bit(descriptor.isLong, 21) |
    bit(descriptor.is32Bit, 22) |
    bit(descriptor.isPageGranular, 23);
  const bytes = new Uint8Array(DESCRIPTOR_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, low >>> 0, true);
  view.setUint32(4, high >>> 0, true);
  return bytes;
}

/** All descriptors of a table that are not empty, with their index. */
export function decodeDescriptors(table: Uint8Array): { index: number; descriptor: SegmentDescriptor }[] {
  const all: { index: number; descriptor: SegmentDescriptor }[] = [];
  for (let offset = 0; offset + DESCRIPTOR_BYTES <= table.length; offset += DESCRIPTOR_BYTES) {
    const isEmpty = table.subarray(offset, offset + DESCRIPTOR_BYTES).every((byte) => byte === 0);
    if (!isEmpty) all.push({ index: offset / DESCRIPTOR_BYTES, descriptor: decodeDescriptor(table, offset) });
  }
  return all;
}

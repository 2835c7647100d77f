type IntegerKind = 'u8' | 'u16' | 'u32' | 'u64' | 's16' | 's32' | 's64';

/** A C integer or byte array as it stands in a struct. `V` is the TypeScript value it decodes to. */
export interface FieldType<V> {
  readonly name: string;
  readonly kind: IntegerKind | 'bytes' | 'gap';
  /** Bytes; of a gap: as many as alignment asks for. */
  readonly size: number;
  /** C alignment in bytes on x86_64. */
  readonly align: number;
  /** Never there; carries the type. */
  readonly value?: V;
}

/** A hole; may be left out of a record that is encoded, and is zero then. */
export interface GapType extends FieldType<Uint8Array> {
  readonly kind: 'gap';
}

function integer<V>(kind: IntegerKind, size: number): FieldType<V> {
  return { name: kind, kind, size, align: size };
}

export const u8 = integer<number>('u8', 1);
export const u16 = integer<number>('u16', 2);
export const u32 = integer<number>('u32', 4);
export const u64 = integer<bigint>('u64', 8);
export const s16 = integer<number>('s16', 2);
export const s32 = integer<number>('s32', 4);
export const s64 = integer<bigint>('s64', 8);

/** A fixed array of `size` bytes, kept as they are; `align` is what the C type asks for. */
export function bytes(size: number, align = 1): FieldType<Uint8Array> {
  return { name: `${String(size)} bytes`, kind: 'bytes', size, align };
}

/**
 * The hole that the C compiler leaves before the next field or at the end of the struct. Its bytes are kept, since the
 * kernel reused its buffers without clearing them; the layout works out how many there are.
 */
export const gap: GapType = { name: 'gap', kind: 'gap', size: 0, align: 1 };

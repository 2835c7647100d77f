import { FormatError } from '../errors.js';

interface ColumnType<A> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer): A;
}

export function indexDamaged(what: string, expected?: string): FormatError {
  return new FormatError('INDEX_DAMAGED', { at: { path: 'index' }, what: `the index: ${what}`, expected });
}

/** The bytes of a column, little endian as all machines are that run this. */
export function bytesOf(column: ArrayBufferView): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
}

/** A column of `length` elements out of its bytes, which are copied. @throws {FormatError} `INDEX_DAMAGED` */
export function columnOf<A>(type: ColumnType<A>, bytes: unknown, length: number, what: string): A {
  if (!(bytes instanceof Uint8Array) || bytes.length !== length * type.BYTES_PER_ELEMENT)
    throw indexDamaged(what, `${String(length)} elements`);
  return new type(bytes.slice().buffer);
}

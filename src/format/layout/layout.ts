import type { FieldType, GapType } from './field.js';
import type { FieldValue, Unit } from './unit.js';

/** One line of a struct table: name, type, unit, what it is. */
export type FieldRow<V extends FieldValue = FieldValue> = readonly [
  name: string,
  type: FieldType<V>,
  unit: Unit,
  doc: string,
];

type ValueOf<T> = T extends FieldType<infer V> ? V : never;

type RecordOfRows<Rows extends readonly FieldRow[]> = { readonly [R in Rows[number] as R[0]]: ValueOf<R[1]> };

/** The TypeScript type of a decoded struct. */
export type RecordOf<L> = L extends Layout<infer Rows> ? RecordOfRows<Rows> : never;

type GapNames<Rows extends readonly FieldRow[]> = Extract<Rows[number], readonly [string, GapType, ...unknown[]]>[0];

/** What a struct is encoded from: gaps may be left out. */
export type EncodableOf<L> =
  L extends Layout<infer Rows>
    ? { readonly [K in Exclude<keyof RecordOf<L>, GapNames<Rows>>]: RecordOf<L>[K] } & {
        readonly [K in GapNames<Rows>]?: Uint8Array;
      }
    : never;

/** A decoded struct whose table is not known when compiling. */
export type AnyRecord = Readonly<Record<string, FieldValue>>;

export interface Field {
  readonly name: string;
  readonly type: FieldType<FieldValue>;
  readonly unit: Unit;
  readonly doc: string;
  /** Bytes from the start of the struct. */
  readonly offset: number;
  /** Bytes; of a gap what alignment left. */
  readonly size: number;
}

/** A C struct: the only place that knows where its members lie. */
export interface Layout<Rows extends readonly FieldRow[] = readonly FieldRow[]> {
  readonly name: string;
  readonly fields: readonly Field[];
  /** sizeof, in bytes. */
  readonly size: number;
  /** What it was laid out with. */
  readonly u64Align: 4 | 8;
  /** Never there; carries the rows' types. */
  readonly rows?: Rows;
  /** Never there; carries the type of what it decodes to. */
  readonly record?: RecordOfRows<Rows>;
}

/** A layout that decodes to an `R`, whatever its rows are. */
export type LayoutTo<R> = Layout & { readonly record?: R };

export interface LayoutOptions {
  /** Alignment of u64 in bytes: 8 on x86_64, 4 on x86_32. Default 8. */
  readonly u64Align?: 4 | 8;
  /** What the size is rounded up to at least, as by `__attribute__((aligned(8)))`. Default 8. */
  readonly aligned?: 1 | 2 | 4 | 8;
}

function roundUp(offset: number, align: number): number {
  return Math.ceil(offset / align) * align;
}

/**
 * Lays out a struct by the C rules.
 *
 * @throws {RangeError} where alignment leaves a hole that the table does not name as `gap`: a hole without a name would
 *         be lost when encoding
 */
export function layout<const Rows extends readonly FieldRow[]>(
  name: string,
  rows: Rows,
  options: LayoutOptions = {},
): Layout<Rows> {
  const u64Align = options.u64Align ?? 8;
  const alignOf = (row: FieldRow): number => (row[1].align === 8 ? u64Align : row[1].align);
  const total = Math.max(options.aligned ?? 8, ...rows.map(alignOf));
  const fields: Field[] = [];
  let offset = 0;
  rows.forEach((row, i) => {
    const [fieldName, type, unit, doc] = row;
    const next = rows[i + 1];
    const aligned = roundUp(offset, next === undefined ? total : alignOf(next));
    const size = type.kind === 'gap' ? aligned - offset : type.size;
    if (offset % alignOf(row) !== 0)
      throw new RangeError(`${name}.${fieldName} needs a gap before it at ${String(offset)}`);
    fields.push({ name: fieldName, type, unit, doc, offset, size });
    offset += size;
  });
  if (offset % total !== 0) throw new RangeError(`${name} needs a gap at its end, at ${String(offset)}`);
  return { name, fields, size: offset, u64Align };
}

/** The field of this name, for error messages that point into a record. @throws {RangeError} if there is none */
export function fieldOf(layout: Layout, name: string): Field {
  const field = layout.fields.find((candidate) => candidate.name === name);
  if (!field) throw new RangeError(`${layout.name} has no field ${name}`);
  return field;
}

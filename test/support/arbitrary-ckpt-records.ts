// Kernel records with arbitrary members, out of the tables of a revision.
import fc from 'fast-check';
import { F_TYPES } from '../../src/format/ckpt/files.js';
import { EPOLL_ITEM } from '../../src/format/ckpt/files.js';
import type { RecordName } from '../../src/format/ckpt/names.js';
import { referenceOf } from '../../src/format/ckpt/objref.js';
import { layoutToWrite, type CkptRevision } from '../../src/format/ckpt/revision.js';
import type { Field, Layout } from '../../src/format/layout/layout.js';
import type { FieldValue } from '../../src/format/layout/unit.js';
import type { KernelFields, KernelItem, KernelRecord } from '../../src/format/model/kernel-state.js';

export type Draw = <T>(arbitrary: fc.Arbitrary<T>) => T;

const PADDING = /^_?pad/;
const NOTHING = new Uint8Array(0);

export const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
export const bytesOf = (size: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: size, maxLength: size });

function valueOf(draw: Draw, { type, size }: Field): FieldValue {
  if (type.kind === 'bytes') return draw(bytesOf(size));
  if (type.kind === 'u64') return draw(u64);
  if (type.kind === 's64') return draw(fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }));
  const bits = size * 8;
  return type.kind.startsWith('s')
    ? draw(fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 }))
    : draw(fc.integer({ min: 0, max: 2 ** bits - 1 }));
}

/** Members of a layout; references are 0 unless given. */
function fieldsOf(draw: Draw, layout: Layout | undefined, given: KernelFields): KernelFields {
  const own = (layout?.fields ?? []).filter(({ name, type }) => type.kind !== 'gap' && !PADDING.test(name));
  return Object.fromEntries(
    own.map((field) => [field.name, given[field.name] ?? (referenceOf(field) ? 0 : valueOf(draw, field))]),
  );
}

export interface Given {
  readonly fields?: KernelFields;
  readonly elements?: number;
  readonly payload?: Uint8Array;
}

export class Records {
  readonly revision: CkptRevision;
  readonly #draw: Draw;
  #lastId = 0;

  constructor(revision: CkptRevision, draw: Draw, firstId: number) {
    this.revision = revision;
    this.#draw = draw;
    this.#lastId = firstId;
  }

  id(): number {
    this.#lastId += this.#draw(fc.integer({ min: 1, max: 3 }));
    return this.#lastId;
  }

  has(name: RecordName): boolean {
    return this.revision.types[name] !== undefined;
  }

  record(name: RecordName, { fields = {}, elements = 0, payload = NOTHING }: Given = {}): KernelRecord {
    const layout = layoutToWrite(this.revision, name, 8, fields);
    const shape = this.revision.shapes[name];
    const elementLayout = shape?.tail.kind === 'elements' ? shape.tail.layout : undefined;
    const all = Array.from({ length: elements }, () => fieldsOf(this.#draw, elementLayout, {}));
    return { kind: 'record', name, fields: fieldsOf(this.#draw, layout, fields), elements: all, payload };
  }

  /** Further members of a record: some of them, none of them 0. */
  further(name: RecordName, known: readonly string[], given: KernelFields = {}): KernelItem[] | undefined {
    const { fields } = this.record(name, { fields: given });
    const kept = Object.entries(fields).filter(
      ([field, value]) =>
        !known.includes(field) &&
        (value instanceof Uint8Array ? value.some((byte) => byte !== 0) : BigInt(value) !== 0n) &&
        (field in given || this.#draw(fc.boolean())),
    );
    if (kept.length === 0) return undefined;
    return [{ kind: 'record', name, fields: Object.fromEntries(kept), elements: [], payload: NOTHING }];
  }

  fileFields(type: keyof typeof F_TYPES, given: KernelFields): KernelFields {
    const known = ['f_type', 'f_mode', 'f_flags', 'f_pos', 'f_version'];
    const [record] = this.further('FILE', known, { f_type: F_TYPES[type], ...given }) ?? [];
    return record?.kind === 'record' ? record.fields : {};
  }

  epollBuffer(items: readonly KernelFields[]): KernelRecord {
    const elements = items.map((item) => fieldsOf(this.#draw, EPOLL_ITEM, item));
    return { kind: 'record', name: 'BUFFER', fields: {}, elements, payload: NOTHING };
  }

  /** An object and the record that completes it. */
  object(object: string, id: number, ...items: readonly KernelItem[]): KernelItem[] {
    return [{ kind: 'object', object, id }, ...items];
  }
}

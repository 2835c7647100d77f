import { Cursor } from '../../bytes/cursor.js';
import { fill, type ByteSource } from '../../bytes/source.js';
import { FormatError, type At } from '../../errors.js';
import { decodeLayout } from '../../layout/decode.js';
import { fieldOf, type AnyRecord, type Layout } from '../../layout/layout.js';
import { extensionOfType, type ExtensionHead } from '../../linux-cr/extension.js';
import type { OpaqueItem, RawBytesItem, RawBytesName, StreamItem, StructItem, TextItem } from './item.js';
import { CR_HDR } from '../tables/record.js';
import { layoutOf, nameOfType, type CrRevision } from '../tables/revision.js';
import { STRUCTS, type RecordName, type StructName, type StructRecord, type TextName } from '../tables/structs.js';

/** What reading a stream yields: an item, or a promise to wait for before going on. */
export type Step = StreamItem | Promise<void>;

const OFFSET = {
  type: fieldOf(CR_HDR, 'type').offset,
  len: fieldOf(CR_HDR, 'len').offset,
  parent: fieldOf(CR_HDR, 'parent').offset,
};

/** What stands before every record. */
export interface Header {
  readonly type: number;
  readonly len: number;
  readonly parent: number;
}

type TextLimit = { readonly exactly: number; readonly mayLackNul?: true } | { readonly atMost: number };

/**
 * Reads records one by one and checks their framing. Its generators yield a promise wherever the source makes us wait,
 * so that the same grammar runs synchronously over files and asynchronously over pipes.
 */
export class RecordReader {
  readonly cursor: Cursor;
  /** The parent field of the record that was read last. */
  lastParent = 0;
  /** The layout of the struct that was read last. */
  lastLayout: Layout = CR_HDR;
  /** What the parent field of every record holds, in revisions where it names no owner. */
  everyParent: number | undefined;
  /** May still change while the stream is being recognised. */
  revision: CrRevision;

  /** Faults that were told so far. */
  faultCount = 0;

  readonly #onFault: ((fault: FormatError) => void) | undefined;

  /** @param onFault  takes faults that reading can go on behind; unless given they are thrown */
  constructor(source: ByteSource, revision: CrRevision, onFault?: (fault: FormatError) => void) {
    this.cursor = new Cursor(source);
    this.revision = revision;
    this.#onFault = onFault;
  }

  /** Whether faults are told and not thrown. */
  get isLenient(): boolean {
    return this.#onFault !== undefined;
  }

  /** Something is wrong behind which reading can go on. @throws {FormatError} unless faults are told */
  fault(error: FormatError): void {
    if (!this.#onFault) throw error;
    this.faultCount++;
    this.#onFault(error);
  }

  at(path: string, within = 0): At {
    return { offset: this.cursor.position + within, path };
  }

  /** Whether `bytes` more are there. */
  has(bytes: number): Generator<Promise<void>, boolean> {
    return this.cursor.reach(bytes);
  }

  /** The next `bytes`, valid until more are read. @throws {FormatError} `TRUNCATED` */
  need(bytes: number, what: string, path: string): Generator<Promise<void>, Uint8Array> {
    return this.cursor.need(bytes, what, path);
  }

  /** Moves over bytes without reading them. @throws {FormatError} `TRUNCATED` */
  skip(bytes: number, what: string, path: string): void {
    this.cursor.skip(bytes, what, path);
  }

  /** The header that stands `distance` bytes further on, undefined behind the end of the source. */
  *peek(distance = 0): Generator<Promise<void>, Header | undefined> {
    const end = distance + CR_HDR.size;
    if (!(yield* this.has(end))) return undefined;
    return decodeLayout(CR_HDR, this.cursor.view(end).subarray(distance), this.at('', distance));
  }

  /**
   * Reads a record that is a struct, and yields it.
   *
   * @param parent  what its parent field must hold; undefined where any will do
   * @throws {FormatError} `UNEXPECTED_RECORD`, `LENGTH_MISMATCH`, `PARENT_MISMATCH`, `TRUNCATED`
   */
  *struct<N extends StructName>(name: N, path: string, parent: number | undefined): Generator<Step, StructRecord<N>> {
    const header = yield* this.#expect(name, path, parent);
    const layout = layoutOf(this.revision, name, header.len);
    if (!layout) {
      const known: readonly Layout[] = this.revision.layouts[name] ?? [STRUCTS[name]];
      const expected = known.map(({ size }) => size).join(' or ');
      const at = this.at(path, OFFSET.len);
      throw new FormatError('LENGTH_MISMATCH', { at, what: `${name} length`, expected, actual: header.len });
    }
    const length = CR_HDR.size + layout.size;
    const bytes = yield* this.need(length, name, path);
    // the name and the length decide the layout, and the layout the fields
    const fields = decodeLayout(
      layout,
      bytes.subarray(CR_HDR.size),
      this.at(path, CR_HDR.size),
    ) as AnyRecord as StructRecord<N>;
    const { type } = header;
    const item = {
      kind: 'struct',
      name,
      offset: this.cursor.position,
      length,
      path,
      type,
      parent: header.parent,
      layout,
      fields,
    };
    this.cursor.advance(length);
    this.lastParent = header.parent;
    this.lastLayout = layout;
    yield item as unknown as StructItem;
    return fields;
  }

  /** Whether the record that comes next has a length that the revision knows for it. */
  *isKnownLength(name: StructName): Generator<Promise<void>, boolean> {
    const header = yield* this.peek();
    return !header || layoutOf(this.revision, name, header.len) !== undefined;
  }

  /** Whether the record that comes next has this number. */
  *isOfType(name: RecordName): Generator<Promise<void>, boolean> {
    return (yield* this.peek())?.type === this.revision.types[name];
  }

  /**
   * Reads a record as bytes, and yields it.
   *
   * @throws {FormatError} as `struct`, and `LENGTH_OVERRUN` when it has fewer than `atLeast`
   */
  *opaque(name: StructName, path: string, parent: number | undefined, atLeast: number): Generator<Step, Uint8Array> {
    const header = yield* this.#expect(name, path, parent);
    const { type, len } = header;
    if (len < atLeast) {
      const facts = { at: this.at(path, OFFSET.len), what: `${name} length`, actual: len };
      throw new FormatError('LENGTH_OVERRUN', { ...facts, expected: `${String(atLeast)} or more` });
    }
    const length = CR_HDR.size + len;
    const bytes = Uint8Array.from((yield* this.need(length, name, path)).subarray(CR_HDR.size));
    const place = { offset: this.cursor.position, length, path };
    this.cursor.advance(length);
    const item: OpaqueItem = { kind: 'opaque', name, ...place, type, parent: header.parent, bytes };
    yield item;
    return bytes;
  }

  /**
   * Reads a record that is text, and yields it.
   *
   * @param limit  its length in bytes, or the most it may have; `mayLackNul` where writers did not promise one
   * @throws {FormatError} as `struct`, and `LENGTH_OVERRUN`, `STRING_UNTERMINATED`
   */
  *text(name: TextName, path: string, limit: TextLimit): Generator<Step, Uint8Array> {
    const header = yield* this.#expect(name, path, 0);
    this.#checkTextLength(name, header.len, limit, path);
    const length = CR_HDR.size + header.len;
    const bytes = Uint8Array.from((yield* this.need(length, name, path)).subarray(CR_HDR.size));
    if (bytes.at(-1) !== 0 && !('mayLackNul' in limit)) {
      const at = this.at(path, length - 1);
      const facts = { at, what: `last byte of ${name}`, actual: bytes.at(-1) };
      this.fault(new FormatError('STRING_UNTERMINATED', { ...facts, expected: 0 }));
    }
    const item: TextItem = {
      kind: 'text',
      name,
      offset: this.cursor.position,
      length,
      path,
      type: header.type,
      parent: header.parent,
      bytes,
    };
    this.cursor.advance(length);
    yield item;
    return bytes;
  }

  /** The record of ours that comes next. */
  *peekExtension(): Generator<Promise<void>, ExtensionHead | undefined> {
    const header = yield* this.peek();
    const name = header && extensionOfType(header.type);
    if (!name) return undefined;
    const payloadBytes = header.len;
    return { name, type: header.type, parent: header.parent, headerBytes: CR_HDR.size, payloadBytes };
  }

  /** Reads bytes that have no header, and yields them. @throws {FormatError} `TRUNCATED` */
  *rawBytes(name: RawBytesName, length: number, path: string): Generator<Step, Uint8Array> {
    const bytes = Uint8Array.from(yield* this.need(length, name, path));
    const item: RawBytesItem = { kind: 'bytes', name, offset: this.cursor.position, length, path, bytes };
    this.cursor.advance(length);
    yield item;
    return bytes;
  }

  *#expect(name: RecordName, path: string, parent: number | undefined): Generator<Promise<void>, Header> {
    yield* this.need(CR_HDR.size, `the header of ${name}`, path);
    const header = decodeLayout(CR_HDR, this.cursor.view(CR_HDR.size), this.at(path));
    const type = this.revision.types[name];
    if (header.type !== type) throw this.unexpected(header.type, `${name} (${String(type)})`, path);
    const expected = this.everyParent ?? parent;
    if (expected !== undefined && header.parent !== expected) {
      const facts = { at: this.at(path, OFFSET.parent), what: `parent of ${name}`, actual: header.parent };
      this.fault(new FormatError('PARENT_MISMATCH', { ...facts, expected }));
    }
    return header;
  }

  /** Where a field of the struct that was read last lies. */
  atField(field: string, path: string): At {
    return this.at(path, fieldOf(this.lastLayout, field).offset - this.lastLayout.size);
  }

  /** An error at a field of the struct that was read last. */
  badField(
    name: StructName,
    field: string,
    path: string,
    expected: string | number,
    actual: string | number,
    code: 'BAD_FIELD' | 'BAD_MAGIC' = 'BAD_FIELD',
  ): FormatError {
    return new FormatError(code, { at: this.atField(field, path), what: `${name}.${field}`, expected, actual });
  }

  /** Whether a record of this name, in its usual shape, stands `distance` bytes further on. */
  *isNext(name: StructName, parent = 0, distance = 0): Generator<Promise<void>, boolean> {
    const header = yield* this.peek(distance);
    return header !== undefined && this.#isHeaderOf(name, header, parent);
  }

  /** The same at an offset far away, in a source that allows it; the position stays. */
  *isAt(name: StructName, offset: number): Generator<Promise<void>, boolean> {
    const header = yield* this.headerAt(offset);
    return header !== undefined && this.#isHeaderOf(name, header, 0);
  }

  /** The header at an offset far away, in a source that allows it; the position stays. */
  *headerAt(offset: number): Generator<Promise<void>, Header | undefined> {
    const bytes = new Uint8Array(CR_HDR.size);
    let got = 0;
    const pending = fill(this.cursor.source, offset, bytes);
    if (typeof pending === 'number') got = pending;
    else yield pending.then((count) => void (got = count));
    return got === bytes.length ? decodeLayout(CR_HDR, bytes, { offset, path: '' }) : undefined;
  }

  #isHeaderOf(name: StructName, { type, len, parent }: Header, owner: number): boolean {
    const isOfType = type === this.revision.types[name] && parent === (this.everyParent ?? owner);
    return isOfType && layoutOf(this.revision, name, len) !== undefined;
  }

  unexpected(type: number, expected: string, path: string): FormatError {
    const name = nameOfType(this.revision, type);
    const actual = name === undefined ? `of unknown type ${String(type)}` : `${name} (${String(type)})`;
    return new FormatError('UNEXPECTED_RECORD', {
      at: this.at(path, OFFSET.type),
      what: 'the record here',
      expected,
      actual,
    });
  }

  #checkTextLength(name: TextName, len: number, limit: TextLimit, path: string): void {
    const at = this.at(path, OFFSET.len);
    const what = `${name} length`;
    if ('exactly' in limit) {
      if (len === limit.exactly) return;
      const error = new FormatError('LENGTH_MISMATCH', { at, what, expected: limit.exactly, actual: len });
      // its own length frames it; what differs is what another record says
      if (len < 1 || len > limit.exactly) throw error;
      this.fault(error);
      return;
    }
    if (len >= 1 && len <= limit.atMost) return;
    throw new FormatError('LENGTH_OVERRUN', { at, what, expected: `1 to ${String(limit.atMost)}`, actual: len });
  }
}

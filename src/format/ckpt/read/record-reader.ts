import { Cursor } from '../../bytes/cursor.js';
import { fill, type ByteSource } from '../../bytes/source.js';
import { FormatError, type At, type FormatCode } from '../../errors.js';
import { decodeLayout } from '../../layout/decode.js';
import { fieldOf, type AnyRecord, type Layout } from '../../layout/layout.js';
import type { MemoryBudget } from '../../model/budget.js';
import { extensionOfType, type ExtensionHead } from '../../linux-cr/extension.js';
import type { FaultLog } from './faults.js';
import type { RecordItem, Role, StreamItem } from './item.js';
import type { ObjectName, RecordName } from '../tables/names.js';
import { ObjectTable } from './objects.js';
import { OBJREF, referenceOf } from '../tables/objref.js';
import { CKPT_HDR } from '../tables/record.js';
import { MAX_RECORD_BYTES, decodePayload, isLengthOf, lengthsOf } from './payload.js';
import { nameOfObject, nameOfType, type CkptRevision } from '../tables/revision.js';

/** What reading a stream yields: an item, or a promise to wait for before going on. */
export type Step = StreamItem | Promise<void>;

const OFFSET = { type: fieldOf(CKPT_HDR, 'type').offset, len: fieldOf(CKPT_HDR, 'len').offset };

/** How far ahead to look by reading on. */
const NEAR_BYTES = 64 * 1024;

/** What stands before every record. */
export interface Header {
  readonly type: number;
  readonly len: number;
}

/** What is known of a record before it is read. */
export interface Expectation {
  /** Bytes behind its header. */
  readonly payloadBytes?: number;
  readonly atMostBytes?: number;
  readonly role?: Role;
  /** Of an array that the revision's tables do not know. */
  readonly elements?: Layout;
}

/** The writer ended the stream here with an ERROR record. */
export class EndedByWriter extends Error {}

/**
 * Reads records one by one and checks their framing. Its generators yield a promise wherever the source makes us wait,
 * so that the same grammar runs synchronously over files and asynchronously over pipes.
 */
export class RecordReader {
  readonly cursor: Cursor;
  readonly faults: FaultLog;
  readonly budget: MemoryBudget;
  readonly objects = new ObjectTable();
  /** May still change while the stream is being recognised. */
  revision: CkptRevision;

  constructor(source: ByteSource, revision: CkptRevision, faults: FaultLog, budget: MemoryBudget) {
    this.cursor = new Cursor(source);
    this.revision = revision;
    this.faults = faults;
    this.budget = budget;
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
    const end = distance + CKPT_HDR.size;
    if (!(yield* this.has(end))) return undefined;
    return decodeLayout(CKPT_HDR, this.cursor.view(end).subarray(distance), this.at('', distance));
  }

  /**
   * The same, however far: what lies between is not read. Of a source that can only be read forwards, undefined where
   * that is too far.
   */
  *peekFar(distance: number): Generator<Promise<void>, Header | undefined> {
    const { source, position } = this.cursor;
    if (distance <= NEAR_BYTES) return yield* this.peek(distance);
    if (!source.isSeekable) return undefined;
    const bytes = new Uint8Array(CKPT_HDR.size);
    let got = 0;
    const pending = fill(source, position + distance, bytes);
    if (typeof pending === 'number') got = pending;
    else yield pending.then((count) => void (got = count));
    return got === bytes.length ? decodeLayout(CKPT_HDR, bytes, this.at('', distance)) : undefined;
  }

  /** The name of the record that comes next. */
  *peekName(): Generator<Promise<void>, RecordName | undefined> {
    const header = yield* this.peek();
    return header && nameOfType(this.revision, header.type);
  }

  /** What the record that comes next announces, when it is an OBJREF. @throws {FormatError} `TRUNCATED` */
  *peekObject(): Generator<Promise<void>, ObjectName | undefined> {
    if ((yield* this.peekName()) !== 'OBJREF') return undefined;
    const record = yield* this.need(CKPT_HDR.size + OBJREF.size, 'OBJREF', 'objref');
    const { objtype } = decodeLayout(OBJREF, record.subarray(CKPT_HDR.size), this.at(''));
    return nameOfObject(this.revision, objtype);
  }

  /**
   * Reads a record and yields it.
   *
   * @throws {FormatError} `UNEXPECTED_RECORD`, `LENGTH_MISMATCH`, `LENGTH_OVERRUN`, `TRUNCATED`, `BAD_REFERENCE`
   */
  *record(name: RecordName, path: string, expectation: Expectation = {}): Generator<Step, RecordItem> {
    const header = yield* this.expect(name, path);
    this.#checkLength(name, header.len, path, expectation);
    const payload = (yield* this.need(header.len, name, path)).subarray(CKPT_HDR.size);
    this.budget.take(2 * header.len, 'the records', this.at(path));
    const item = this.#decode(name, path, header, payload, expectation);
    this.cursor.advance(header.len);
    yield item;
    if (item.layout) this.#checkReferences(item, item.layout, item.fields, 0);
    return item;
  }

  /** A record that comes next, decoded without moving on. @throws {FormatError} as `record` */
  *peekRecord(name: RecordName, path: string): Generator<Promise<void>, RecordItem> {
    const header = yield* this.expect(name, path);
    this.#checkLength(name, header.len, path, {});
    const payload = (yield* this.need(header.len, name, path)).subarray(CKPT_HDR.size);
    return this.#decode(name, path, header, payload, {});
  }

  /** The record of ours that comes next. */
  *peekExtension(): Generator<Promise<void>, ExtensionHead | undefined> {
    const header = yield* this.peek();
    const name = header && extensionOfType(header.type);
    if (!name) return undefined;
    const payloadBytes = header.len - CKPT_HDR.size;
    return { name, type: header.type, headerBytes: CKPT_HDR.size, payloadBytes };
  }

  /** Reads whatever record comes next as bytes, and yields it. @throws {FormatError} `LENGTH_OVERRUN`, `TRUNCATED` */
  *carry(path: string): Generator<Step, RecordItem> {
    yield* this.need(CKPT_HDR.size, 'the header of a record', path);
    const { type, len } = decodeLayout(CKPT_HDR, this.cursor.view(CKPT_HDR.size), this.at(path));
    if (len < CKPT_HDR.size || len > MAX_RECORD_BYTES) throw this.#overrun(`type ${String(type)}`, len, path);
    const bytes = Uint8Array.from((yield* this.need(len, `a record of type ${String(type)}`, path)).subarray(8));
    this.budget.take(len, 'the records', this.at(path));
    const name = nameOfType(this.revision, type) ?? (`type ${type}` as const);
    const item: RecordItem = {
      ...{ kind: 'record', offset: this.cursor.position, length: len, path, type, name, role: undefined },
      ...{ layout: undefined, fields: {}, elements: [], elementLayout: undefined, bytes },
    };
    this.cursor.advance(len);
    yield item;
    return item;
  }

  /** @throws {FormatError} the fault, unless faults are collected */
  fault(fault: FormatError): void {
    this.faults.add(fault);
  }

  /** Where a field of a record lies. */
  atField({ layout, offset, path }: RecordItem, field: string): At {
    const within = layout?.fields.find(({ name }) => name === field)?.offset ?? 0;
    return { offset: offset + CKPT_HDR.size + within, path };
  }

  /** An error at a field of a record. */
  badField(
    record: RecordItem,
    field: string,
    expected: string | number,
    actual: string | number | bigint,
    code: FormatCode = 'BAD_FIELD',
  ): FormatError {
    return new FormatError(code, {
      at: this.atField(record, field),
      what: `${record.name}.${field}`,
      expected,
      actual,
    });
  }

  /** An error at the length of the record that comes next. */
  badLength(name: string, expected: string | number, actual: number, path: string): FormatError {
    const at = this.at(path, OFFSET.len);
    return new FormatError('LENGTH_MISMATCH', { at, what: `${name} length`, expected, actual });
  }

  unexpected(header: Header, expected: string, path: string): FormatError {
    const name = nameOfType(this.revision, header.type);
    const number = String(header.type);
    const actual = name === undefined ? `of unknown type ${number}` : `${name} (${number})`;
    const at = this.at(path, OFFSET.type);
    return new FormatError('UNEXPECTED_RECORD', { at, what: 'the record here', expected, actual });
  }

  /** The header of the record that comes next, which stays there. @throws {FormatError} `UNEXPECTED_RECORD`, `TRUNCATED` */
  *expect(name: RecordName, path: string): Generator<Promise<void>, Header> {
    yield* this.need(CKPT_HDR.size, `the header of ${name}`, path);
    const header = decodeLayout(CKPT_HDR, this.cursor.view(CKPT_HDR.size), this.at(path));
    const type = this.revision.types[name];
    if (header.type === type) return header;
    if (header.type === this.revision.types.ERROR && header.len === CKPT_HDR.size) throw new EndedByWriter();
    throw this.unexpected(header, `${name} (${String(type)})`, path);
  }

  #overrun(what: string, len: number, path: string): FormatError {
    const expected = `${String(CKPT_HDR.size)} to ${String(MAX_RECORD_BYTES)}`;
    const at = this.at(path, OFFSET.len);
    return new FormatError('LENGTH_OVERRUN', { at, what: `${what} length`, expected, actual: len });
  }

  #checkLength(name: RecordName, len: number, path: string, { payloadBytes, atMostBytes }: Expectation): void {
    const shape = this.revision.shapes[name];
    const at = this.at(path, OFFSET.len);
    const what = `${name} length`;
    const payload = len - CKPT_HDR.size;
    if (payload < 0 || len > MAX_RECORD_BYTES) throw this.#overrun(name, len, path);
    if (payloadBytes !== undefined && payload !== payloadBytes)
      throw new FormatError('LENGTH_MISMATCH', { at, what, expected: payloadBytes + CKPT_HDR.size, actual: len });
    if (shape && !isLengthOf(shape, payload)) {
      const expected = lengthsOf(shape)
        .map((size) => size + CKPT_HDR.size)
        .join(' or ');
      throw new FormatError('LENGTH_MISMATCH', { at, what, expected, actual: len });
    }
    if (atMostBytes !== undefined && payload > atMostBytes)
      throw new FormatError('LENGTH_OVERRUN', {
        ...{ at, what, actual: len },
        expected: `at most ${String(atMostBytes + CKPT_HDR.size)}`,
      });
  }

  #decode(
    name: RecordName,
    path: string,
    { type, len }: Header,
    payload: Uint8Array,
    { role, elements }: Expectation,
  ): RecordItem {
    const at = this.at(path, CKPT_HDR.size);
    const decoded = decodePayload(this.revision, name, payload, at, elements);
    if (decoded) {
      const { layout, fields, elements: many, elementLayout, bytes } = decoded;
      const place = this.cursor.position;
      // spelled out: an object put together by spreading is slow to make, and this is done for every record
      return {
        kind: 'record',
        offset: place,
        length: len,
        path,
        type,
        name,
        role,
        layout,
        fields,
        elements: many,
        elementLayout,
        bytes,
      };
    }
    const actual = len;
    throw new FormatError('LENGTH_MISMATCH', {
      ...{ at: this.at(path, OFFSET.len), what: `${name} length`, actual },
      expected: 'that of its kind',
    });
  }

  /** Numbers that must name an object that was read. Source: spec/cr-stream.md 7.3, 12. */
  #checkReferences(item: RecordItem, layout: Layout, fields: AnyRecord, base: number): void {
    for (const field of layout.fields) {
      const reference = referenceOf(field);
      const id = fields[field.name];
      if (!reference?.isStrict || typeof id !== 'number' || id === 0) continue;
      const objection = this.objects.objection(id, reference.object);
      if (objection === undefined) continue;
      const at = { offset: item.offset + CKPT_HDR.size + base + field.offset, path: item.path };
      const what = `${item.name}.${field.name}`;
      const actual = `${String(id)}, the number ${objection}`;
      this.fault(
        new FormatError('BAD_REFERENCE', { at, what, expected: `the number of a ${reference.object}`, actual }),
      );
    }
  }
}

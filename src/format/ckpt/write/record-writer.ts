import type { BufferedWriter } from '../../bytes/writer.js';
import { Places } from '../../linux-cr/places.js';
import { EXTENSIONS, type ExtensionName } from '../../linux-cr/extension.js';
import { FormatError } from '../../errors.js';
import { encodeLayoutInto } from '../../layout/encode.js';
import type { AnyRecord, Layout } from '../../layout/layout.js';
import type { KernelRecord } from '../../model/kernel-state.js';
import { zeroOf } from './field-values.js';
import { elementLayoutOf, shapeOf, unknownType } from './held-records.js';
import type { ObjectName, RecordName } from '../tables/names.js';
import { CKPT_HDR } from '../tables/record.js';
import { layoutToWrite, type CkptRevision } from '../tables/revision.js';

const NOTHING = new Uint8Array(0);

/** Writes records by name, in the numbers and layouts of one revision. Fields that are not given are zero. */
export class RecordWriter {
  readonly out: BufferedWriter;
  readonly revision: CkptRevision;
  readonly wordBytes: 4 | 8;
  readonly places = new Places();
  isIncremental = false;

  constructor(out: BufferedWriter, revision: CkptRevision, wordBytes: 4 | 8) {
    this.out = out;
    this.revision = revision;
    this.wordBytes = wordBytes;
  }

  /** The layout of a record. @throws {FormatError} `CANNOT_HOLD` when the revision has no such record, or no struct in it */
  layout(name: RecordName, fields: object = {}): Layout {
    const layout = layoutToWrite(this.revision, name, this.wordBytes, fields);
    if (!layout) throw new FormatError('CANNOT_HOLD', { what: `${this.revision.name} has no ${name} record` });
    return layout;
  }

  /** Adds a record that is a struct, and what follows it inside the record. @throws {FormatError} `CANNOT_HOLD`, `BAD_VALUE` */
  struct(name: RecordName, fields: AnyRecord, tail = NOTHING): void {
    const layout = this.layout(name, fields);
    this.header(name, layout.size + tail.length);
    this.encode(layout, fields);
    this.out.add(tail);
  }

  /** Adds a record without a struct. @throws {FormatError} `CANNOT_HOLD` */
  bytes(name: RecordName, payload: Uint8Array): void {
    this.header(name, payload.length);
    this.out.add(payload);
  }

  /** Adds a record that is an array of structs. @throws {FormatError} `CANNOT_HOLD`, `BAD_VALUE` */
  elements(name: RecordName, layout: Layout, elements: readonly AnyRecord[]): void {
    this.header(name, layout.size * elements.length);
    for (const element of elements) this.encode(layout, element);
  }

  /** Announces an object. */
  object(name: ObjectName, id: number): void {
    const objtype = this.revision.objects[name];
    if (objtype === undefined)
      throw new FormatError('CANNOT_HOLD', { what: `${this.revision.name} has no ${name} object` });
    this.struct('OBJREF', { objtype, objref: id });
  }

  /** Adds the header of a record whose payload the caller adds next. @throws {FormatError} `CANNOT_HOLD` */
  header(name: RecordName, payloadBytes: number): void {
    const type = this.revision.types[name];
    if (type === undefined)
      throw new FormatError('CANNOT_HOLD', { what: `${this.revision.name} has no ${name} record` });
    this.#header(type, payloadBytes);
  }

  /** Adds a record of ours. */
  extension(name: ExtensionName, payload: Uint8Array): void {
    this.#header(EXTENSIONS[name], payload.length);
    this.out.add(payload);
  }

  /** Adds a record as the model carries it; `previous` is the name of the one before. @throws {FormatError} `CANNOT_HOLD`, `BAD_VALUE` */
  kernelRecord({ name, fields, elements, payload }: KernelRecord, previous?: string): void {
    const unknown = unknownType(name);
    if (unknown !== undefined) {
      this.#header(unknown, payload.length);
      this.out.add(payload);
      return;
    }
    // what is no name of a record has no number, which `header` refuses
    const recordName = name as RecordName;
    const isRaw = Object.keys(fields).length === 0 && payload.length > 0;
    const layout = isRaw ? undefined : layoutToWrite(this.revision, recordName, this.wordBytes, fields);
    const elementLayout = elementLayoutOf(shapeOf(this.revision, name), name, previous);
    const elementBytes = (elementLayout?.size ?? 0) * elements.length;
    this.header(recordName, (layout?.size ?? 0) + elementBytes + payload.length);
    if (layout) this.encode(layout, fields);
    if (elementLayout) for (const element of elements) this.encode(elementLayout, element);
    this.out.add(payload);
  }

  #header(type: number, payloadBytes: number): void {
    encodeLayoutInto(CKPT_HDR, { type, len: CKPT_HDR.size + payloadBytes }, this.out.reserve(CKPT_HDR.size), 0);
  }

  /** Adds a struct that is part of the payload. @throws {FormatError} `BAD_VALUE` */
  encode(layout: Layout, given: AnyRecord): void {
    const at = { offset: this.out.position, path: layout.name };
    const fields = Object.fromEntries(layout.fields.map((field) => [field.name, given[field.name] ?? zeroOf(field)]));
    encodeLayoutInto(layout, fields, this.out.reserve(layout.size), 0, at);
  }
}

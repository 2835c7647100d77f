import type { BufferedWriter } from '../../bytes/writer.js';
import { Places } from '../../linux-cr/places.js';
import { EXTENSIONS, type ExtensionName } from '../../linux-cr/extension.js';
import { FormatError } from '../../errors.js';
import { encodeLayoutInto } from '../../layout/encode.js';
import type { AnyRecord, Layout } from '../../layout/layout.js';
import { CR_HDR } from '../tables/record.js';
import { layoutToWrite, type CrRevision } from '../tables/revision.js';
import type { RecordName, StructName, StructRecord, TextName } from '../tables/structs.js';

/** Adds the header of a record whose `len` payload bytes the caller adds next. */
export function encodeHeader(out: BufferedWriter, type: number, len: number, parent: number): void {
  encodeLayoutInto(CR_HDR, { type, len, parent }, out.reserve(CR_HDR.size), 0);
}

/** Adds a record that is a struct. @throws {FormatError} `BAD_VALUE` */
export function encodeStruct(
  out: BufferedWriter,
  type: number,
  parent: number,
  layout: Layout,
  fields: AnyRecord,
): void {
  encodeHeader(out, type, layout.size, parent);
  const at = { offset: out.position, path: layout.name };
  encodeLayoutInto(layout, fields, out.reserve(layout.size), 0, at);
}

/** Writes records by name, in the numbers of one revision. */
export class RecordWriter {
  readonly out: BufferedWriter;
  readonly revision: CrRevision;
  readonly places = new Places();
  isIncremental = false;

  constructor(out: BufferedWriter, revision: CrRevision) {
    this.out = out;
    this.revision = revision;
  }

  /** @throws {FormatError} `CANNOT_HOLD` when the revision has no such record, `BAD_VALUE` */
  struct<N extends StructName>(name: N, parent: number, fields: StructRecord<N>): void {
    encodeStruct(
      this.out,
      this.#typeOf(name),
      parent,
      layoutToWrite(this.revision, name, fields),
      fields as object as AnyRecord,
    );
  }

  /** @throws {FormatError} `CANNOT_HOLD` */
  text(name: TextName, bytes: Uint8Array): void {
    encodeHeader(this.out, this.#typeOf(name), bytes.length, 0);
    this.out.add(bytes);
  }

  /** A record of ours. */
  extension(name: ExtensionName, payload: Uint8Array): void {
    encodeHeader(this.out, EXTENSIONS[name], payload.length, 0);
    this.out.add(payload);
  }

  #typeOf(name: RecordName): number {
    const type = this.revision.types[name];
    if (type !== undefined) return type;
    throw new FormatError('CANNOT_HOLD', { what: `${this.revision.name} has no ${name} record` });
  }
}

import type { BufferedWriter } from '../bytes/writer.js';
import type { ByteSource } from '../bytes/source.js';
import type { At } from '../errors.js';
import type { JsonFields } from './json.js';
import type { Layout } from './layout.js';

/** Neighbouring pages: the address of the first, and how many they are. */
export type AddressRun = readonly [vaddr: string, pages: number];

/**
 * A record, or bytes without a header, so that the same bytes can be made of it again: the header's fields, a struct,
 * `elements`, then `text` or `bytes`. Or, without a header, `runs`.
 */
export interface RecordDocument {
  /** For people; nothing is decided by it. */
  readonly name: string;
  /** Of the header; missing where there is none. */
  readonly type?: number | undefined;
  /** Of the header, in families that have it there. */
  readonly parent?: number | undefined;
  /** Name and size of the struct that `fields` are of. */
  readonly layout?: string | undefined;
  readonly size?: number | undefined;
  readonly fields?: JsonFields | undefined;
  /** Text that a NUL ends. */
  readonly text?: string | undefined;
  /** Bytes that `text` is filled up to with NUL. One that just fits has none; longer text has one, and is not cut. */
  readonly padTo?: number | undefined;
  readonly bytes?: Uint8Array | undefined;
  readonly elements?: ElementsDocument | undefined;
  /** Bytes of the record that the pieces behind it hold, which have no header. Default 0. */
  readonly behind?: number | undefined;
  /** Words of an address array. */
  readonly runs?: readonly AddressRun[] | undefined;
  /** What a word in a run is more than the one before. Default a page in bytes. */
  readonly step?: number | undefined;
}

/** Structs of one layout behind each other. */
export interface ElementsDocument {
  readonly layout: string;
  readonly size: number;
  readonly fields: readonly JsonFields[];
}

/** Where a piece stands in the image it was read from. */
export interface DocumentPlace {
  readonly offset: number;
  readonly length: number;
  readonly path: string;
}

/** A piece of an image: a record, or bytes that may be too many to be held. */
export type DocumentItem =
  | { readonly place: DocumentPlace; readonly record: RecordDocument }
  | { readonly place: DocumentPlace; readonly name: string; readonly contents: 'pages' | 'bytes' };

/** What a family of formats says about its records, for them to be written down and read back. */
export interface DocumentFamily {
  /** All of an image in order and without gaps. @throws {FormatError} what walking throws */
  readonly items: (source: ByteSource) => AsyncGenerator<DocumentItem>;
  /**
   * The structs of this name and size, those of the named revision first. There may be several: the first records of an
   * image are read before it is known which revision it is of.
   */
  readonly layoutsOf: (name: string, size: number, revision: string) => readonly Layout[];
  /**
   * Adds the header of a record whose payload is added next.
   *
   * @throws {FormatError} `BAD_VALUE` for a field that is missing, not of the family, or does not fit
   */
  readonly addHeader: (out: BufferedWriter, record: RecordDocument, payloadBytes: number, at: At) => void;
}
